import { join } from 'node:path'
import { type Context, contexts } from '@atrium/contracts/context.ts'
import {
  type ContextDatabaseUrls,
  createContextDatabase,
} from '@atrium/platform/servers/context-database.ts'
import { startEmbeddedPostgres } from '@atrium/platform/servers/embedded-postgres.ts'
import { findFreePort } from '@atrium/platform/servers/free-port.ts'
import { findNatsServer } from '@atrium/platform/servers/install-nats.ts'
import { startNatsServer } from '@atrium/platform/servers/nats-server.ts'
import type { OrphanGuard } from '@atrium/platform/servers/orphan-guard.ts'
import type { ServerProcess } from '@atrium/platform/servers/server-process.ts'
import type { StartConfig } from './config.ts'
import type { Secrets } from './secrets.ts'

/** A server that the programs need: one that runs already, or how to start one of our own. */
export type NeededServer = {
  readonly name: 'postgres' | 'nats'
  readonly url: string
  /** Absent where the server was given. After a crash it starts at the same address. */
  readonly start?: (signal: AbortSignal) => Promise<ServerProcess>
}

export async function findPostgres(
  { dataFolder, databaseUrl }: StartConfig,
  { postgres: password }: Secrets,
  guard: OrphanGuard,
): Promise<NeededServer> {
  if (databaseUrl !== undefined) return { name: 'postgres', url: databaseUrl }
  const port = await findFreePort()
  const folder = join(dataFolder, 'postgres')
  const logFile = join(dataFolder, 'logs/postgres.log')
  return {
    name: 'postgres',
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    start: (signal) =>
      startEmbeddedPostgres({ folder, logFile, password, port, durable: true, signal }, guard),
  }
}

export async function findNats(
  { dataFolder, natsUrl }: StartConfig,
  { nats: password }: Secrets,
  guard: OrphanGuard,
): Promise<NeededServer> {
  if (natsUrl !== undefined) return { name: 'nats', url: natsUrl }
  const program = await findNatsServer(join(dataFolder, 'bin'))
  const port = await findFreePort()
  const folder = join(dataFolder, 'nats')
  const logFile = join(dataFolder, 'logs/nats.log')
  const user = 'atrium'
  return {
    name: 'nats',
    url: `nats://${user}:${password}@127.0.0.1:${port}`,
    start: (signal) =>
      startNatsServer({ program, folder, logFile, user, password, port, signal }, guard),
  }
}

export const databaseOf = (context: Context) => `atrium_${context.replaceAll('-', '_')}`

/** A database for each context, with its two roles. */
export async function createDatabases(postgresUrl: string, { databases }: Secrets) {
  const entries: [Context, ContextDatabaseUrls][] = []
  for (const context of contexts) {
    const name = context.replaceAll('-', '_')
    const urls = await createContextDatabase(postgresUrl, {
      database: databaseOf(context),
      owner: { name: `${name}_owner`, password: databases[context].owner },
      routes: { name: `${name}_routes`, password: databases[context].routes },
    })
    entries.push([context, urls])
  }
  return Object.fromEntries(entries) as Record<Context, ContextDatabaseUrls>
}
