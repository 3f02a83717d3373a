import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createContextDatabase } from '@atrium/platform/servers/context-database.ts'
import { findFreePort } from '@atrium/platform/servers/free-port.ts'
import type { Bench, Topic } from '../bench.ts'
import { loadWith, type Target } from '../load.ts'

const connections = 64
const roundSeconds = 4
const startTimeoutMs = 60_000
const pollMs = 50
const password = 'a long enough passphrase'
const peopleMax = 64

/**
 * Who is this, and does the session still live: the same question to both over HTTP, by 64 people in
 * turn, answered with the user. Better Auth selects the session's and the user's rows. Auth verifies
 * the token, and asks the event store for what was written to both streams since the states that it
 * keeps: every answer has seen the database, after it was asked for.
 */
export const topic: Topic = {
  summary: `session to user, checked against the database, ${connections} connections`,
  async run(bench) {
    const auth = await startAuth(bench)
    const peer = await startBetterAuth(bench)
    const shape = { connections, seconds: roundSeconds }
    const load = async (target: Target) => (await loadWith(target, shape)).perSecond
    const name = 'Better Auth get-session'
    await bench.compare({
      name: 'session check against the database: GET me, session and user read',
      unit: 'requests/s',
      ours: () => load(auth.me),
      peers: [{ name, target: 8, run: () => load(peer) }],
    })
    await bench.compare({
      name: 'what a gateway asks while NATS is away: has this session ended',
      unit: 'requests/s',
      ours: () => load(auth.check),
    })
  },
}

async function startAuth(bench: Bench): Promise<{ check: Target; me: Target }> {
  const name = `bench_auth_${randomBytes(4).toString('hex')}`
  const role = (suffix: string) => ({ name: `${name}_${suffix}`, password: 'bench' })
  const { ownerUrl, routesUrl } = await createContextDatabase(await bench.database(), {
    database: name,
    owner: role('owner'),
    routes: role('routes'),
  })
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const mailFolder = fileURLToPath(new URL('../../../.atrium/bench-mail', import.meta.url))
  start(bench, '../../../services/auth/src/main.ts', [], {
    DATABASE_URL: ownerUrl,
    DATABASE_ROUTES_URL: routesUrl,
    NATS_URL: await bench.nats(),
    PORT: String(port),
    AUTH_URL: url,
    AUTH_SECRET: randomBytes(32).toString('base64url'),
    MAIL_DIR: mailFolder,
    PUBLIC_URL: url,
    LOG_LEVEL: 'warn', // the peer logs no requests either
  })
  await untilReady(`${url}/readyz`)
  const tokens: string[] = []
  for (const email of emails()) {
    const { body } = await post(`${url}/v1/auth/register`, { email, password })
    tokens.push((body as { accessToken: string }).accessToken)
  }
  const claims = Buffer.from(tokens[0]?.split('.')[1] ?? '', 'base64url').toString()
  const { sid } = JSON.parse(claims) as { sid: string }
  const values = tokens.map((token) => `Bearer ${token}`)
  return {
    check: { url: `${url}/internal/sessions/${sid}`, field: 'authorization', values },
    me: { url: `${url}/v1/auth/me`, field: 'authorization', values },
  }
}

async function startBetterAuth(bench: Bench): Promise<Target> {
  const child = start(bench, '../peers/better-auth-process.ts', [await bench.database()], {})
  const [chunk] = (await once(child.stdout, 'data', {
    signal: AbortSignal.timeout(startTimeoutMs),
  })) as [Buffer]
  const url = chunk.toString().trim()
  const values: string[] = []
  for (const email of emails()) {
    const signUp = { name: 'Ada', email, password }
    values.push((await post(`${url}/api/auth/sign-up/email`, signUp)).cookie)
  }
  const target = { url: `${url}/api/auth/get-session`, field: 'cookie', values }
  const shown = await fetch(target.url, { headers: { cookie: values[0] ?? '' } })
  const session = (await shown.json()) as { user?: { email: string } } | null
  if (session?.user?.email !== emails()[0]) throw new Error('Better Auth knows no session')
  return target
}

const emails = () => Array.from({ length: peopleMax }, (_, n) => `ada-${n}@example.com`)

/** Starts a process that ends with the topic. */
function start(
  bench: Bench,
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
) {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], {
    env: { PATH: '/usr/bin:/bin', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.resume()
  bench.onEnd(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  })
  return child
}

async function untilReady(url: string) {
  const endsAt = performance.now() + startTimeoutMs
  const isReady = () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!(await isReady())) {
    if (performance.now() > endsAt) throw new Error('auth did not get ready')
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

async function post(url: string, body: object) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(url).origin },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  const cookie = response.headers.getSetCookie().map((each) => each.split(';')[0])
  return { cookie: cookie.join('; '), body: (await response.json()) as unknown }
}
