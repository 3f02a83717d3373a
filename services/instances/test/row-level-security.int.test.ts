import { derivedId, newCommandId } from '@atrium/platform/identifier.ts'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listInstances } from '../src/projections/instance-list/query.ts'
import { createInstancesContext, type InstancesContext } from './instances-context.ts'

const ownerId = derivedId('usr', 'the same person in both tenants')

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
  }
  routes = new pg.Client({ connectionString: context.routesUrl })
  await routes.connect()
})
afterAll(async () => {
  await routes.end()
  await context.close()
})

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

it("gives the routes' role no rows without a tenant", async () => {
  const { rows } = await routes.query('select * from instance_list')
  expect(rows).toEqual([])
})

it.each([
  ["update instance_list set name = 'x'", /permission denied/],
  ['delete from instance_list', /permission denied/],
  ['select * from event_store.events', /permission denied/],
  ['select * from platform.inbox', /permission denied/],
  ['set row_security = off; select * from instance_list', /row-level security/],
  ['alter table instance_list disable row level security', /not a table|must be owner/],
])("refuses the routes' role: %s", async (statement, why) => {
  await expect(routes.query(statement)).rejects.toThrow(why)
  await routes.query('reset row_security')
})
