import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '@atrium/platform/servers/free-port.ts'
import { findNatsServer } from '@atrium/platform/servers/install-nats.ts'
import { startNatsServer } from '@atrium/platform/servers/nats-server.ts'
import { createOrphanGuard } from '@atrium/platform/servers/orphan-guard.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { Client } from 'pg'

export const authSecret = Buffer.alloc(32, 7).toString('base64url')
export const serviceSecret = Buffer.alloc(32, 8).toString('base64url')
export const password = 'a long enough passphrase'

/**
 * A database and a NATS of its own: the stream of auth's events has one name everywhere, so the one
 * NATS of the run would mix those of several databases.
 */
export interface AuthServers {
  readonly database: TestDatabase
  readonly natsUrl: string
  /** As the database's owner. */
  query(sql: string, values?: unknown[]): Promise<readonly Record<string, unknown>[]>
  close(): Promise<void>
}

export async function startServers(): Promise<AuthServers> {
  const database = await createTestDatabase()
  const guard = createOrphanGuard()
  const folder = await mkdtemp(join(tmpdir(), 'atrium-auth-test-'))
  guard.removeAtEnd(folder)
  const nats = await startNatsServer(
    {
      program: await findNatsServer(join(folder, 'bin')),
      folder: join(folder, 'nats'),
      logFile: join(folder, 'nats.log'),
      user: 'atrium',
      password: 'test',
    },
    guard,
  )
  const client = new Client({ connectionString: database.ownerUrl })
  await client.connect()
  return {
    database,
    natsUrl: nats.url,
    query: async (sql, values = []) =>
      (await client.query<Record<string, unknown>>(sql, values)).rows,
    async close() {
      await client.end()
      await guard.close()
      await database.drop()
    },
  }
}

/** The service as production runs it: the same process, on a port of its own. */
export interface AuthProcess {
  readonly url: string
  readonly mailFolder: string
  call(method: string, path: string, options?: CallOptions): Promise<Reply>
  kill(signal?: NodeJS.Signals): Promise<void>
  close(): Promise<void>
}

export interface CallOptions {
  readonly body?: unknown
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  // A test states by what it expects what the body is.
  // oxlint-disable-next-line typescript/no-explicit-any -- a body may be anything
  readonly body: any
  readonly text: string
}

const startLimitMs = 40_000
const pollMs = 25

export async function startAuth(
  { database, natsUrl }: AuthServers,
  environment: Readonly<Record<string, string>> = {},
): Promise<AuthProcess> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const mailFolder = await mkdtemp(join(tmpdir(), 'atrium-mail-'))
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../src/main.ts', import.meta.url))],
    {
      env: {
        PATH: '/usr/bin:/bin',
        DATABASE_URL: database.ownerUrl,
        DATABASE_ROUTES_URL: database.routesUrl,
        NATS_URL: natsUrl,
        PORT: String(port),
        AUTH_URL: url,
        AUTH_SECRET: authSecret,
        SERVICE_SECRET: serviceSecret,
        MAIL_DIR: mailFolder,
        PUBLIC_URL: 'http://localhost:8080',
        LOG_LEVEL: 'warn',
        ATRIUM_PARENT: '1',
        ...environment,
      },
      stdio: ['pipe', 'inherit', 'inherit'],
    },
  )
  const exited = once(child, 'exit')
  const kill = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    await exited
  }
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  if (!(await until(isReady, (ready) => ready || child.exitCode !== null, startLimitMs))) {
    await kill('SIGKILL')
    throw new Error('auth did not get ready')
  }
  return {
    url,
    mailFolder,
    call: (method, path, options) => call(`${url}${path}`, method, options),
    kill,
    async close() {
      await kill()
      await rm(mailFolder, { recursive: true })
    },
  }
}

async function call(url: string, method: string, options: CallOptions = {}): Promise<Reply> {
  const { body, token, headers } = options
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? (JSON.parse(text) as unknown) : undefined,
    text,
  }
}

/** Asks until the answer is as wanted, or the limit has passed: then the last answer. */
export async function until<Value>(
  ask: () => Promise<Value>,
  wanted: (value: Value) => boolean,
  limitMs = 60_000,
): Promise<Value> {
  const endsAt = performance.now() + limitMs
  for (;;) {
    const value = await ask()
    if (wanted(value) || performance.now() > endsAt) return value
    await delay(pollMs)
  }
}
