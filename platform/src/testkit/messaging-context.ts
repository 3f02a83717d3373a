import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Context } from '@atrium/contracts/context.ts'
import { jetStreamOf, streamName } from '@atrium/contracts/naming.ts'
import type { NatsConnection } from 'nats'
import { createDatabase, type Database } from '../database/database.ts'
import { openEventStore } from '../event-store/open.ts'
import type { EventStore, NewEvent } from '../event-store/port.ts'
import { derivedCommandId, eventIdOf } from '../identifier.ts'
import { positionOf, readMessage } from '../messaging/message.ts'
import { connectNats } from '../messaging/nats.ts'
import { jetStreamManager } from '../messaging/stream.ts'
import { findFreePort } from '../servers/free-port.ts'
import { findNatsServer } from '../servers/install-nats.ts'
import { startNatsServer, type NatsServer } from '../servers/nats-server.ts'
import { createOrphanGuard } from '../servers/orphan-guard.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createTestDatabase } from './test-servers.ts'

/** A NATS server of this test file's own, to be killed and robbed. */
export interface TestNats {
  connect(): Promise<NatsConnection>
  /** Kill -9. */
  kill(): Promise<void>
  /** On the same port, with what is left of its volume; with another password it lets nobody in. */
  restart(otherPassword?: string): Promise<void>
  /** Only while it is killed. */
  loseVolume(): Promise<void>
  close(): Promise<void>
}

export const silent = createLogger({ name: 'test', level: 'silent' })

export async function createTestNats(): Promise<TestNats> {
  const guard = createOrphanGuard()
  const folder = await mkdtemp(join(tmpdir(), 'atrium-test-nats-'))
  guard.removeAtEnd(folder)
  const port = await findFreePort()
  const data =
    process.env['ATRIUM_DATA'] ?? fileURLToPath(new URL('../../../.atrium', import.meta.url))
  const program = await findNatsServer(join(data, 'bin'))
  const usual = randomBytes(16).toString('hex')
  const connections: NatsConnection[] = []
  const start = (password = usual) =>
    startNatsServer(
      {
        program,
        folder: join(folder, 'nats'),
        logFile: join(folder, 'nats.log'),
        user: 'atrium',
        password,
        port,
      },
      guard,
    )
  let server: NatsServer = await start()
  return {
    async connect() {
      const connection = await connectNats({ url: server.url, name: 'test', logger: silent })
      connections.push(connection)
      return connection
    },
    async kill() {
      process.kill(server.pid, 'SIGKILL')
      await server.ended
    },
    async restart(otherPassword) {
      server = await start(otherPassword)
    },
    loseVolume: () => rm(join(folder, 'nats', 'jetstream'), { recursive: true, force: true }),
    async close() {
      await Promise.all(connections.map((connection) => connection.close()))
      await guard.close()
    },
  }
}

export interface TestContext {
  readonly database: Database
  readonly store: EventStore
  /** Another process's view of the same database. */
  replica(): Promise<Database>
  close(): Promise<void>
}

/** A context's database and event store. */
export async function createTestContext(context: Context): Promise<TestContext> {
  const urls = await createTestDatabase()
  const databases: Database[] = []
  const replica = async () => {
    const database = await createDatabase({ ...urls, context, ownerConnectionsMax: 5 })
    databases.push(database)
    return database
  }
  const database = await replica()
  const store = await openEventStore({ context, databaseUrl: urls.ownerUrl })
  return {
    database,
    store,
    replica,
    async close() {
      await store.close()
      await Promise.all(databases.map((one) => one.close()))
      await urls.drop()
    },
  }
}

export const userStream = (user: string, tenant = 'default') =>
  streamName('auth.user', tenant, user)

const event = (user: string, index: number, tenant: string, type: string, data: unknown) => ({
  id: eventIdOf(derivedCommandId('test', tenant, user, type), index),
  type,
  data,
  metadata: {
    tenant,
    actor: { userId: user },
    correlationId: `correlation-${user}`,
    commandId: derivedCommandId('test', tenant, user, type),
    schemaVersion: 1,
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  },
})

const at = '2026-01-31T09:30:00.000Z'

/** A public event. */
export const registered = (user: string, tenant = 'default'): NewEvent =>
  event(user, 0, tenant, 'UserRegistered', {
    userId: user,
    email: `${user}@example.org`,
    registeredAt: at,
  })

/** A public event, one of many in a user's stream. */
export const profiled = (user: string, index: number, tenant = 'default'): NewEvent =>
  event(user, index, tenant, 'ProfileChanged', {
    userId: user,
    name: `name ${index}`,
    changedAt: at,
  })

/** A private event. */
export const settled = (user: string, index: number, tenant = 'default'): NewEvent =>
  event(user, index, tenant, 'SettingsChanged', { userId: user, changes: { index }, changedAt: at })

/**
 * What a context's JetStream stream holds, in order, as events; messages of others are left out.
 */
export async function streamed(nats: NatsConnection, context: Context) {
  const manager = await jetStreamManager(nats)
  const name = jetStreamOf(context)
  const { state } = await manager.streams.info(name)
  if (state.messages === 0) return []
  const consumer = await nats.jetstream().consumers.get(name)
  const messages = await consumer.fetch({ max_messages: state.messages, expires: 10_000 })
  const found = []
  for await (const message of messages) {
    if (positionOf(message.headers, context) !== undefined) {
      found.push({ sequence: message.seq, subject: message.subject, ...readMessage(message) })
    }
    if (message.seq === state.last_seq) break
  }
  return found
}
