import { randomBytes } from 'node:crypto'
import { tusVersion } from '@atrium/contracts/assets/tus-http.ts'
import { examples } from '@atrium/contracts/examples.ts'
import type { Person } from './client.ts'

/** Things of one person, by the parameter that names them in a path. */
export type Objects = Readonly<Record<string, string>>

export interface Factory {
  /** Makes one for this person and resolves with its id; `made` has those of the entries above. */
  make(person: Person, made: Objects): Promise<string>
  /** Ids that name nothing, well formed and otherwise. */
  readonly absent: readonly string[]
  /** A place inside another thing, not a thing: everybody has it in their own. */
  readonly isPlace?: boolean
}

/**
 * How to have an object for each parameter of the route table, in an order in which each needs only
 * those before it. A parameter that is missing here fails the cross-tenant tests.
 */
export const factories: Readonly<Record<string, Factory>> = {
  instanceId: {
    async make(person) {
      const { body } = await person.call('GET', '/v1/instances')
      return body.items[0].id as string
    },
    absent: [`ins_${'0'.repeat(32)}`, 'x', '%00', '..%2f..%2f'],
  },
  sessionId: {
    async make(person) {
      const { body } = await person.call('GET', '/v1/auth/sessions')
      return body.items[0].id as string
    },
    absent: [`ses_${'0'.repeat(32)}`, 'x', '%F0%9F%8C%B3'],
  },
  jobId: {
    make: async (person) => (await requestPdf(person, { device: 'remarkable-2' })).id,
    absent: [`job_${'0'.repeat(32)}`, 'x', '%00'],
  },
  deviceId: {
    async make(person) {
      const { body } = await person.call('POST', '/v1/pdf/devices', {
        body: examples['addDevice']?.body,
      })
      return body.id as string
    },
    absent: [`dev_${'0'.repeat(32)}`, 'x', '%00'],
  },
  slug: {
    async make(person, { instanceId = '' }) {
      const project = await person.call('POST', `/v1/instances/${instanceId}/projects`, {
        body: { name: 'Plan', kind: 'planner', content: onePage.project },
      })
      const slug = `plan-${randomBytes(6).toString('hex')}`
      const body = { projectId: project.body.id as string, slug }
      const reply = await person.call('POST', '/v1/gallery', { body })
      if (reply.status !== 201) throw new Error(`gallery: ${reply.status} ${reply.text}`)
      return slug
    },
    absent: ['nothing-like-it', 'X', '%00'],
  },
  cloneId: {
    async make(person, { slug = '', instanceId = '' }) {
      const path = `/v1/gallery/${slug}/clone`
      const reply = await person.call('POST', path, { body: { instanceId } })
      if (reply.status !== 202) throw new Error(`clone: ${reply.status} ${reply.text}`)
      return reply.body.id as string
    },
    absent: [`cln_${'0'.repeat(32)}`, 'x', '%00'],
  },
  batchId: {
    make: async (person) => (await requestPdf(person, { devices: ['remarkable-2'] })).id,
    absent: [`bat_${'0'.repeat(32)}`, 'x', '..%2f'],
  },
  assetId: {
    async make(person, { instanceId = '' }) {
      const form = new FormData()
      form.append('instanceId', instanceId)
      form.append('file', new Blob(['content']), 'a.txt')
      const { body } = await person.call('POST', '/v1/assets', { form })
      return body.items[0].id as string
    },
    absent: [`ast_${'0'.repeat(32)}`, 'x', '%00'],
  },
  uploadId: {
    async make(person, { instanceId = '' }) {
      const reply = await person.call('POST', '/v1/assets/uploads', {
        headers: {
          'tus-resumable': tusVersion,
          'upload-length': '7',
          'upload-metadata': `instanceId ${Buffer.from(instanceId).toString('base64')}`,
        },
      })
      if (reply.status !== 201) throw new Error(`tus: ${reply.status} ${reply.text}`)
      return reply.headers.get('location')?.split('/').at(-1) ?? ''
    },
    absent: [`ast_${'0'.repeat(32)}`, 'x', '%00'],
  },
  linkId: {
    async make(person, { assetId = '' }) {
      const { body } = await person.call('POST', `/v1/assets/${assetId}/links`, {
        body: { expiresInSeconds: 3_600 },
      })
      return body.id as string
    },
    absent: [`lnk_${'0'.repeat(32)}`, 'x'],
  },
  path: {
    async make(person, { instanceId = '' }) {
      const bytes = Buffer.from('content')
      await person.call('PUT', `/v1/instances/${instanceId}/files/a.txt`, { bytes })
      return 'a.txt'
    },
    absent: ['b.txt', 'a.txt/b'],
    isPlace: true,
  },
  userId: {
    make: async ({ tokens }) => tokens.user.id,
    absent: [`usr_${'0'.repeat(32)}`, 'x', '%00'],
  },
  tenantId: {
    make: async ({ tenant }) => tenant,
    absent: ['nobody', '%20'],
  },
  projectId: {
    async make(person, { instanceId = '' }) {
      const body = { name: 'Secret', kind: 'plain', content: { plan: 1 } }
      const reply = await person.call('POST', `/v1/instances/${instanceId}/projects`, { body })
      return reply.body.id as string
    },
    absent: [`prj_${'0'.repeat(32)}`, 'x', '%00'],
  },
  version: {
    make: async () => '1',
    absent: ['7', '0', 'x', '1e400'],
    isPlace: true,
  },
}

async function requestPdf(person: Person, members: object) {
  const reply = await person.call('POST', '/v1/pdf/jobs', { body: { ...onePage, ...members } })
  if (reply.status !== 202) throw new Error(`pdf: ${reply.status} ${reply.text}`)
  return reply.body as { readonly id: string }
}

const onePage = {
  project: {
    masters: [{ name: 'page', widgets: [] }],
    plan: { sections: [{ kind: 'page', master: 'page', generate: 'once' }], order: ['page'] },
  },
}

/** Header fields without which a route does not get as far as its object. */
export const headersOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  getUploadOffset: { 'tus-resumable': tusVersion },
  sendUploadPiece: { 'tus-resumable': tusVersion, 'upload-offset': '0' },
  terminateUpload: { 'tus-resumable': tusVersion },
}

/** Queries without which a route does not get as far as its object. */
export const queriesOf: Readonly<Record<string, (objects: Objects) => string>> = {
  listFileShares: ({ path }) => `?path=${path}`,
  unshareFile: ({ path, userId }) => `?path=${path}&userId=${userId}`,
}

/**
 * Bodies that name objects. The route is asked with those of another tenant, and with ids that name
 * nothing: both must get the same 404.
 */
export const bodiesOf: Readonly<Record<string, (objects: Objects) => unknown>> = {
  requestPdf: ({ projectId }) => ({ projectId, device: 'remarkable-2' }),
  previewPage: ({ projectId }) => ({
    projectId,
    device: 'remarkable-2',
    page: 1,
    format: 'svg',
  }),
  lintPlanner: ({ projectId }) => ({ projectId, device: 'remarkable-2' }),
  publishPlanner: ({ projectId }) => ({ projectId, slug: 'theirs' }),
  clonePlanner: ({ instanceId }) => ({ instanceId }),
}

/** Routes that show an object to whoever has its address, each with the reason. */
export const shownToEveryone: Readonly<Record<string, string>> = {
  readLink: 'a link is made to be followed by whoever has it',
}
