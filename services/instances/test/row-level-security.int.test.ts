import { derivedId, newCommandId } from '@atrium/platform/identifier.ts'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createProject } from '../src/project/creating.ts'
import { createSnapshots } from '../src/project/snapshots.ts'
import { listInstances } from '../src/projections/instance-list/query.ts'
import { listProjects } from '../src/projections/project-list/query.ts'
import { createInstancesContext, type InstancesContext } from './instances-context.ts'

const ownerId = derivedId('usr', 'the same person in both tenants')
const projectId = derivedId('prj', 'the same project in both tenants')

let context: InstancesContext
let routes: pg.Client

beforeAll(async () => {
  context = await createInstancesContext()
  for (const tenant of ['acme', 'zenith']) {
    const commandId = newCommandId()
    const { position = 0 } = await context.owners.handle(
      ownerId,
      {
        type: 'CreateInstance',
        ownerId,
        instanceId: derivedId('ins', tenant),
        name: tenant,
        at: '2026-01-01T00:00:00.000Z',
        instancesMax: 10,
      },
      { tenant, actor: { userId: ownerId }, correlationId: commandId, commandId },
    )
    await context.projections.waitFor(position)
    await createProjectIn(tenant)
  }
  routes = new pg.Client({ connectionString: context.routesUrl })
  await routes.connect()
})
afterAll(async () => {
  await routes.end()
  await context.close()
})

/** With a snapshot, as it has one after many changes. */
async function createProjectIn(tenant: string) {
  const commandId = newCommandId()
  const { project, written } = await createProject(
    context,
    {
      ownerId,
      instanceId: derivedId('ins', tenant),
      kind: 'plain',
      name: `project of ${tenant}`,
      description: null,
      content: {},
      by: ownerId,
      at: '2026-01-01T00:00:00.000Z',
      newId: () => projectId,
    },
    { tenant, actor: { userId: ownerId }, correlationId: commandId, commandId },
  )
  await context.projections.waitFor(written.position ?? 0)
  const content = Buffer.from(JSON.stringify({ of: tenant }))
  await createSnapshots(context.database).save(tenant, { project, content })
}

const namesSeenBy = async (tenant: string) => {
  const query = { ownerId, status: 'active', limit: 10 } as const
  const rows = await context.database.forTenant(tenant, (client) => listInstances(client, query))
  return rows.map(({ name }) => name)
}

it('shows a route the rows of its tenant alone, of the same person too', async () => {
  expect(await namesSeenBy('acme')).toEqual(['acme'])
  expect(await namesSeenBy('zenith')).toEqual(['zenith'])
  expect(await namesSeenBy('elsewhere')).toEqual([])
})

it('shows projects and their snapshots to their tenant alone, of the same id too', async () => {
  const query = { ownerId, status: 'active', limit: 10 } as const
  const { nearest } = createSnapshots(context.database)
  for (const tenant of ['acme', 'zenith', 'elsewhere']) {
    const instanceId = derivedId('ins', tenant)
    const found = await context.database.forTenant(tenant, async (client) => [
      ...(await listProjects(client, { ...query, instanceId })),
      ...(await listProjects(client, { ...query, instanceId: derivedId('ins', 'acme') })),
    ])
    const names = [...new Set(found.map(({ name }) => name))]
    expect(names).toEqual(tenant === 'elsewhere' ? [] : [`project of ${tenant}`])
    const snapshot = await nearest(tenant, projectId, 1)
    expect(snapshot?.content.toString()).toBe(
      tenant === 'elsewhere' ? undefined : JSON.stringify({ of: tenant }),
    )
  }
})

it.each(['instance_list', 'project_list', 'project_place', 'project_snapshot'])(
  "gives the routes' role no rows of %s without a tenant",
  async (table) => {
    const { rows } = await routes.query(`select * from ${table}`)
    expect(rows).toEqual([])
  },
)

it.each([
  ["update instance_list set name = 'x'", /permission denied/],
  ['delete from instance_list', /permission denied/],
  ['select * from event_store.events', /permission denied/],
  ['select * from platform.inbox', /permission denied/],
  ['select * from platform.content', /permission denied/],
  ['delete from project_snapshot', /permission denied/],
  ['set row_security = off; select * from instance_list', /row-level security/],
  ['alter table instance_list disable row level security', /not a table|must be owner/],
])("refuses the routes' role: %s", async (statement, why) => {
  await expect(routes.query(statement)).rejects.toThrow(why)
  await routes.query('reset row_security')
})
