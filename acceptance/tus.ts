import { createHash } from 'node:crypto'
import type { Asset } from '@atrium/contracts/assets/http.ts'
import { tusMediaType, tusVersion } from '@atrium/contracts/assets/tus-http.ts'
import { expect } from 'vitest'
import type { Reply } from './client.ts'
import type { Library } from './library.ts'

export const mib = 1024 * 1024
export const tusPath = '/v1/assets/uploads'

type Metadata = Readonly<Record<string, string>>

export const metadataOf = (metadata: Metadata) =>
  Object.entries(metadata)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',')

export const checksumOf = (algorithm: string, bytes: string | Buffer) =>
  `${algorithm} ${createHash(algorithm).update(bytes).digest('base64')}`

export const locationOf = ({ headers }: Reply) => headers.get('location') ?? ''
export const offsetOf = ({ headers }: Reply) => Number(headers.get('upload-offset') ?? Number.NaN)

/** The requests of tus, one by one, as the owner of a library makes them. */
export function createTusCalls({ person, instanceId }: Library) {
  const tus = (method: string, url: string, headers: object = {}, bytes?: Buffer<ArrayBuffer>) =>
    person.call(method, url, {
      ...(bytes === undefined ? {} : { bytes }),
      headers: {
        'tus-resumable': tusVersion,
        ...(bytes === undefined ? {} : { 'content-type': tusMediaType }),
        ...headers,
      },
    })
  const create = (length: number, metadata: Metadata = {}) =>
    tus('POST', tusPath, {
      'upload-length': String(length),
      'upload-metadata': metadataOf({ instanceId, ...metadata }),
    })
  return {
    tus,
    create,
    /** Resolves with where the upload is. */
    async begin(length: number, metadata: Metadata = {}) {
      const reply = await create(length, metadata)
      expect(reply.status, reply.text).toBe(201)
      return locationOf(reply)
    },
    send: (url: string, offset: number, bytes: Buffer | string, headers: object = {}) =>
      tus('PATCH', url, { 'upload-offset': String(offset), ...headers }, Buffer.from(bytes)),
    assetAt: async (url: string) =>
      (await person.call('GET', `/v1/assets/${url.split('/').at(-1)}`)).body as Asset,
  }
}

export type TusCalls = ReturnType<typeof createTusCalls>
