import { readProject } from '@atrium/contracts/instances/project-reading.ts'
import { mount } from '@atrium/platform/http/route.ts'
import type { FastifyInstance } from 'fastify'
import { readActive, type Deps } from './projects.ts'

/** For other contexts, which act for the owner. */
export function mountProjectReading(
  app: FastifyInstance,
  { database, versions }: Pick<Deps, 'database' | 'versions'>,
) {
  mount(app, readProject, async ({ caller, params }) => {
    const { summary, contentSha256 } = await readActive(database, caller, params)
    const { id, version } = summary
    const content = await versions.contentOf(caller.tenant, { id, version, contentSha256 })
    return { status: 200, body: { ...summary, content }, version }
  })
}
