import type { Project, ProjectSummary } from '@atrium/contracts/instances/project.ts'
import { expect } from 'vitest'
import { register, type CallOptions, type Person, type Reply } from './client.ts'

export const expectProblem = (reply: Reply, status: number, code: string) => {
  expect(reply.body).toMatchObject({ status, code })
  expect(reply.headers.get('content-type')).toContain('application/problem+json')
  expect(reply.status).toBe(status)
}

/** A new person, with the projects of their personal workspace. */
export async function createDesk() {
  const person: Person = await register()
  const { body } = await person.call('GET', '/v1/instances')
  const base = `/v1/instances/${body.items[0].id}/projects`
  return {
    person,
    base,

    async create(content: object = {}, more: object = {}): Promise<Project> {
      const project = { name: 'Garden', kind: 'plain', content, ...more }
      const reply = await person.call('POST', base, { body: project })
      expect(reply.status).toBe(201)
      return reply.body as Project
    },

    /** A PUT or PATCH, with the version that it is based on. */
    change: (
      method: string,
      { id }: { id: string },
      version: number | undefined,
      content: unknown,
      mediaType?: string,
    ) =>
      person.call(method, `${base}/${id}`, {
        body: content,
        headers: {
          ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
          ...(mediaType === undefined ? {} : { 'content-type': mediaType }),
        },
      }),

    get: async (id: string) => (await person.call('GET', `${base}/${id}`)).body as Project,

    post: (id: string, action: string, options: CallOptions = {}) =>
      person.call('POST', `${base}/${id}/${action}`, options),

    list: async (query = '') =>
      (await person.call('GET', `${base}${query}`)).body.items as ProjectSummary[],
  }
}

export type Desk = Awaited<ReturnType<typeof createDesk>>

export const picture = `ast_${'1d'.repeat(16)}`

export const planner = {
  masters: [
    {
      name: 'day',
      widgets: [
        {
          id: 'title',
          type: 'text_block',
          position: { x: 9, y: 9, width: 200, height: 20 },
          content: '{date_long}',
        },
        {
          id: 'photo',
          type: 'image',
          position: { x: 9, y: 40, width: 40, height: 40 },
          properties: { assetId: picture },
        },
      ],
    },
  ],
  plan: {
    calendar: { startDate: '2027-01-01', endDate: '2027-01-31' },
    sections: [{ kind: 'days', master: 'day', generate: 'each_day' }],
    order: ['days'],
  },
}
