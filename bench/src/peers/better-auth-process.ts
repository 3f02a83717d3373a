import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import pg from 'pg'

// Better Auth as its documentation sets it up for Node and PostgreSQL, as a process. Its cookie
// cache stays off, as by default: every get-session asks the database, which is what is compared.
// Its rate limit is off. Arguments: the database's address.

const server = createServer()
server.listen(0, '127.0.0.1', () => void begin())

async function begin() {
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const options = {
    baseURL,
    secret: 'a secret of the bench, of thirty-two characters and more',
    database: new pg.Pool({ connectionString: process.argv[2], max: 10 }),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: 'error' as const },
  }
  const { runMigrations } = await getMigrations(options)
  await runMigrations()
  const handle = toNodeHandler(betterAuth(options))
  server.on('request', (request, response) => void handle(request, response))
  server.keepAliveTimeout = 75_000
  console.log(baseURL)
}
