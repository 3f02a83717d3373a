import type { ServiceClient, ServiceRequest } from '@atrium/platform/http/service-client.ts'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** What is asked, for whom, as part of what. */
export type Asking = Omit<ServiceRequest, 'body' | 'form'>

export interface AssetFile {
  readonly name: string
  readonly mediaType: string
  readonly bytes: Buffer
}

/** Pictures and fonts in the context that owns them. */
export interface AssetPeer {
  /** Undefined for one that is not there for this user. */
  describe(
    assetId: string,
    asked: Asking,
  ): Promise<Pick<AssetFile, 'name' | 'mediaType'> | undefined>
  /** Resolves with the new asset's id, or with the status of the refusal. */
  upload(instanceId: string, file: AssetFile, asked: Asking): Promise<UploadOutcome>
  /** For a copy that is not needed after all. */
  discard(assetId: string, asked: Asking): Promise<void>
}

export type UploadOutcome =
  | { readonly status: 'uploaded'; readonly assetId: string }
  | { readonly status: 'refused'; readonly httpStatus: number }

const isAsset = Compile(Type.Object({ name: Type.String(), mediaType: Type.String() }))
const isUploaded = Compile(
  Type.Object({ items: Type.Array(Type.Object({ id: Type.String() }), { minItems: 1 }) }),
)

export function createAssetPeer(assets: ServiceClient): AssetPeer {
  const pathOf = (assetId: string) => `/v1/assets/${encodeURIComponent(assetId)}`
  return {
    async describe(assetId, asked) {
      const answer = await assets.request('GET', pathOf(assetId), asked)
      const asset: unknown = await answer.json()
      if (answer.status === 404) return undefined
      if (!answer.ok || !isAsset.Check(asset)) throw new Error(`assets answered ${answer.status}`)
      return { name: asset.name, mediaType: asset.mediaType }
    },

    async upload(instanceId, { name, mediaType, bytes }, asked) {
      const form = new FormData()
      form.append('instanceId', instanceId)
      form.append('file', new Blob([new Uint8Array(bytes)], { type: mediaType }), name)
      const answer = await assets.request('POST', '/v1/assets', { ...asked, form })
      const uploaded: unknown = await answer.json()
      if (!answer.ok) return { status: 'refused', httpStatus: answer.status }
      const [item] = isUploaded.Check(uploaded) ? uploaded.items : []
      if (!item) throw new Error('assets answered an upload without its asset')
      return { status: 'uploaded', assetId: item.id }
    },

    async discard(assetId, asked) {
      const answer = await assets.request('DELETE', pathOf(assetId), asked)
      await answer.body?.cancel()
    },
  }
}
