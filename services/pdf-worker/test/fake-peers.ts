import { derivedId } from '@atrium/platform/identifier.ts'
import type { ServiceClient } from '@atrium/platform/http/service-client.ts'
import type { AssetFile, AssetPeer } from '../src/gallery/asset-peer.ts'

/** What instances and assets are for the gallery: things by owner, and refusals on request. */
export function createFakePeers() {
  const instances = new Map<string, string>()
  const created = new Map<string, { readonly id: string; readonly body: unknown }>()
  const uploads = new Map<string, AssetFile & { readonly ownerId: string }>()
  const discarded: string[] = []
  const behaviour = { uploadStatus: 201, projectStatus: 201, failures: 0 }

  const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })
  const fail = () => {
    if (behaviour.failures === 0) return
    behaviour.failures -= 1
    throw new Error('another context is away')
  }

  const client: ServiceClient = {
    async request(method, path, { userId, idempotencyKey = '', body }) {
      const [, , , id = ''] = path.split('/')
      if (instances.get(id) !== userId) return json(404, { code: 'not-found' })
      if (method === 'GET') return json(200, { id })
      fail()
      if (behaviour.projectStatus !== 201) return json(behaviour.projectStatus, {})
      const project = created.get(idempotencyKey) ?? { id: derivedId('prj', idempotencyKey), body }
      created.set(idempotencyKey, project)
      return json(201, project)
    },
  }
  const assetPeer: AssetPeer = {
    describe: (assetId) =>
      Promise.resolve({ name: `${assetId.slice(-4)}.png`, mediaType: 'image/png' }),
    upload(_, file, { userId }) {
      fail()
      const { uploadStatus: httpStatus } = behaviour
      if (httpStatus !== 201) return Promise.resolve({ status: 'refused', httpStatus })
      const assetId = derivedId('ast', String(uploads.size), file.name)
      uploads.set(assetId, { ...file, ownerId: userId })
      return Promise.resolve({ status: 'uploaded', assetId })
    },
    discard(assetId) {
      discarded.push(assetId)
      return Promise.resolve()
    },
  }
  return { client, assetPeer, instances, created, uploads, discarded, behaviour }
}

export type FakePeers = ReturnType<typeof createFakePeers>
