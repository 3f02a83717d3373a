import { Type } from 'typebox'
import pg from 'pg'
import { createLogger } from '../telemetry/logger.ts'
import { createTestHttpServer, testRoute } from '../testkit/http-server.ts'
import { createIdempotency } from './idempotency.ts'
import { mount } from './route.ts'

// A process of its own for a test: it begins a request with a key, says which command that became,
// and never answers. The test kills it.
const [ownerUrl = '', key = '', leaseMs] = process.argv.slice(2)
const idempotency = createIdempotency({
  database: { owner: new pg.Pool({ connectionString: ownerUrl }) },
  logger: createLogger({ name: 'victim', level: 'silent' }),
  leaseMs: Number(leaseMs),
})
const server = createTestHttpServer({ idempotency })
const route = testRoute({
  id: 'createThing',
  method: 'POST',
  idempotencyKey: true,
  body: Type.Object({ name: Type.String() }),
})
mount(server.app, route, async ({ cause: { commandId }, at }) => {
  process.send?.({ commandId, at })
  return new Promise(() => {})
})
await server.ask({
  method: 'POST',
  url: '/v1/things',
  payload: { name: 'a' },
  headers: { 'idempotency-key': key },
})
