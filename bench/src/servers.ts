import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbeddedPostgres } from '@atrium/platform/servers/embedded-postgres.ts'
import { findNatsServer } from '@atrium/platform/servers/install-nats.ts'
import { startNatsServer } from '@atrium/platform/servers/nats-server.ts'
import { createOrphanGuard } from '@atrium/platform/servers/orphan-guard.ts'
import pg from 'pg'

export type BenchServers = Awaited<ReturnType<typeof createBenchServers>>

/**
 * One PostgreSQL for everyone who is measured, started when first asked for, and a NATS for each
 * topic: its streams have fixed names, and belong to the databases of one topic.
 */
export async function createBenchServers() {
  const guard = createOrphanGuard()
  const folder = await mkdtemp(join(tmpdir(), 'atrium-bench-'))
  await chmod(folder, 0o711) // PostgreSQL may have to run as another user
  guard.removeAtEnd(folder)
  let postgres: ReturnType<typeof startPostgres> | undefined
  let databases = 0
  let natsServers = 0

  const startPostgres = () =>
    startEmbeddedPostgres(
      {
        folder: join(folder, 'postgres'),
        logFile: join(folder, 'postgres.log'),
        password: randomBytes(16).toString('hex'),
        durable: true,
      },
      guard,
    )
  const startNats = async () => {
    const dataFolder =
      process.env['ATRIUM_DATA'] ?? fileURLToPath(new URL('../../.atrium', import.meta.url))
    natsServers += 1
    return await startNatsServer(
      {
        program: await findNatsServer(join(dataFolder, 'bin')),
        folder: join(folder, `nats-${natsServers}`),
        logFile: join(folder, `nats-${natsServers}.log`),
        user: 'atrium',
        password: randomBytes(16).toString('hex'),
      },
      guard,
    )
  }

  return {
    database: async () => {
      postgres ??= startPostgres()
      const { superuserUrl } = await postgres
      databases += 1
      const name = `bench_${databases}`
      await withClient(superuserUrl, (client) => client.query(`create database ${name}`))
      const url = new URL(superuserUrl)
      url.pathname = name
      return url.href
    },
    startNats,
    close: () => guard.close(),
  }
}

export async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
) {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
