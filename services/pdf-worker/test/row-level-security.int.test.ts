import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPdfContext, type PdfContext } from './pdf-context.ts'

let context: PdfContext
let routes: pg.Client

beforeAll(async () => {
  context = await createPdfContext()
  for (const tenant of ['acme', 'zenith']) await context.lay({ tenant, title: tenant })
  routes = new pg.Client({ connectionString: context.urls.routesUrl })
  await routes.connect()
})
afterAll(async () => {
  await routes.end()
  await context.close()
})

it('shows a route the jobs of its tenant alone', async () => {
  const titles = (tenant: string) =>
    context.database.forTenant(tenant, async (client) => {
      const { rows } = await client.query<{ title: string }>('select title from job_list')
      return rows.map(({ title }) => title)
    })
  expect(await titles('acme')).toEqual(['acme'])
  expect(await titles('zenith')).toEqual(['zenith'])
  expect(await titles('elsewhere')).toEqual([])
})

const tables = [
  'job_list',
  'stored_result',
  'result_holder',
  'hidden_source',
  'device_list',
  'publication_list',
  'clone_list',
]

it.each(tables)("gives the routes' role no rows of %s without a tenant", async (table) => {
  expect((await routes.query(`select * from ${table}`)).rows).toEqual([])
})

it.each([
  ["update job_list set title = 'x'", /permission denied/],
  ['select * from queue.lease', /permission denied/],
  ['select * from platform.content', /permission denied/],
  ['set row_security = off; select * from job_list', /row-level security/],
])("refuses the routes' role: %s", async (statement, why) => {
  await expect(routes.query(statement)).rejects.toThrow(why)
  await routes.query('reset row_security')
})
