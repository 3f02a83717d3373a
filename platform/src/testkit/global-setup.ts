import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../servers/embedded-postgres.ts'
import { findNatsServer } from '../servers/install-nats.ts'
import { startNatsServer } from '../servers/nats-server.ts'
import { type OrphanGuard, createOrphanGuard } from '../servers/orphan-guard.ts'

/** Where the servers of this run are; handed from the run to every test file. */
export type TestServers = {
  /** May create databases and roles. */
  readonly postgresUrl: string
  readonly natsUrl: string
  /** Tells this run's databases and roles from those of others on the same server. */
  readonly runId: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    testServers: TestServers
  }
}

/**
 * Starts one PostgreSQL and one NATS for the whole run, unless DATABASE_URL and NATS_URL name some.
 * They write to a temporary folder, without syncing, and end with the run, however it ends.
 */
export default async function startTestServers(project: TestProject) {
  const guard = createOrphanGuard()
  const folder = await mkdtemp(join(tmpdir(), 'atrium-test-'))
  await chmod(folder, 0o711) // PostgreSQL may have to run as another user
  guard.removeAtEnd(folder)
  const starts = await Promise.allSettled([
    process.env['DATABASE_URL'] ?? startPostgres(folder, guard),
    process.env['NATS_URL'] ?? startNats(folder, guard),
  ])
  const [postgres, nats] = starts
  if (postgres.status === 'rejected' || nats.status === 'rejected') {
    await guard.close()
    throw new Error('The servers of the test run did not start.', {
      cause: starts.find((start) => start.status === 'rejected')?.reason,
    })
  }
  project.provide('testServers', {
    postgresUrl: postgres.value,
    natsUrl: nats.value,
    runId: randomBytes(3).toString('hex'),
  })
  return () => guard.close()
}

async function startPostgres(folder: string, guard: OrphanGuard) {
  const server = await startEmbeddedPostgres(
    {
      folder: join(folder, 'postgres'),
      logFile: join(folder, 'postgres.log'),
      password: randomBytes(16).toString('hex'),
      durable: false,
    },
    guard,
  )
  return server.superuserUrl
}

async function startNats(folder: string, guard: OrphanGuard) {
  const dataFolder =
    process.env['ATRIUM_DATA'] ?? fileURLToPath(new URL('../../../.atrium', import.meta.url))
  const server = await startNatsServer(
    {
      program: await findNatsServer(join(dataFolder, 'bin')),
      folder: join(folder, 'nats'),
      logFile: join(folder, 'nats.log'),
      user: 'atrium',
      password: randomBytes(16).toString('hex'),
    },
    guard,
  )
  return server.url
}
