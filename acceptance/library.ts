import { createHash } from 'node:crypto'
import type { Asset } from '@atrium/contracts/assets/http.ts'
import { expect } from 'vitest'
import { register, type Reply } from './client.ts'

export interface GivenFile {
  readonly name?: string
  readonly bytes: Buffer | string
}

export const formOf = (
  fields: Readonly<Record<string, string>>,
  ...files: readonly GivenFile[]
) => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  for (const { name = 'a.bin', bytes } of files) form.append('file', new Blob([bytes]), name)
  return form
}

export const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')

export function expectProblem(reply: Reply, status: number, code: string) {
  expect(reply.headers.get('content-type')).toContain('application/problem+json')
  expect(reply.body).toMatchObject({ status, code })
  expect(reply.status).toBe(status)
}

/** A new person with an instance that can hold assets, and what they do with them. */
export async function createLibrary() {
  const person = await register()
  const instances = await person.call('GET', '/v1/instances')
  const instanceId = instances.body.items[0].id as string
  await person.call('GET', '/v1/assets') // waits until the instance has its storage
  const upload = (...files: readonly GivenFile[]) =>
    person.call('POST', '/v1/assets', { form: formOf({ instanceId }, ...files) })
  return {
    person,
    instanceId,
    upload,
    async uploadOne(file: GivenFile): Promise<Asset> {
      const reply = await upload(file)
      expect(reply.status, reply.text).toBe(201)
      return reply.body.items[0]
    },
    list: async (query = '') =>
      (await person.call('GET', `/v1/assets${query}`)).body.items as Asset[],
  }
}

export type Library = Awaited<ReturnType<typeof createLibrary>>
