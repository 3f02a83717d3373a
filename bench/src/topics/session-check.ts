import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createContextDatabase } from '@atrium/platform/servers/context-database.ts'
import { findFreePort } from '@atrium/platform/servers/free-port.ts'
import type { Bench, Topic } from '../bench.ts'

const connections = 64
const roundSeconds = 4
const startTimeoutMs = 60_000
const pollMs = 50
const run = promisify(execFile)
const account = { name: 'Ada', email: 'ada@example.com', password: 'a long enough passphrase' }

/**
 * Is this session still good: asked over HTTP, answered from the database. Auth, as production runs
 * it, answers what a gateway asks while NATS is away (the token was verified by whoever asks), and
 * GET me (token, revocation, account). Better Auth answers with the session and its user.
 */
export const topic: Topic = {
  summary: `session check against the database over HTTP, ${connections} connections`,
  async run(bench) {
    const auth = await startAuth(bench)
    const peer = await startBetterAuth(bench)
    const name = 'Better Auth get-session'
    await bench.compare({
      name: `session check, ${connections} connections`,
      unit: 'requests/s',
      ours: () => load(auth.check),
      peers: [{ name, target: 8, run: () => load(peer) }],
    })
    await bench.compare({
      name: `GET me, ${connections} connections`,
      unit: 'requests/s',
      ours: () => load(auth.me),
      peers: [{ name, run: () => load(peer) }],
    })
  },
}

interface Target {
  readonly url: string
  readonly header: string
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
  const { email, password } = account
  const body = (await post(`${url}/v1/auth/register`, { email, password })).body as {
    accessToken: string
  }
  const claims = Buffer.from(body.accessToken.split('.')[1] ?? '', 'base64url').toString()
  const { sid } = JSON.parse(claims) as { sid: string }
  const header = `authorization: Bearer ${body.accessToken}`
  return {
    check: { url: `${url}/internal/sessions/${sid}`, header },
    me: { url: `${url}/v1/auth/me`, header },
  }
}

async function startBetterAuth(bench: Bench): Promise<Target> {
  const child = start(bench, '../peers/better-auth-process.ts', [await bench.database()], {})
  const [chunk] = (await once(child.stdout, 'data', {
    signal: AbortSignal.timeout(startTimeoutMs),
  })) as [Buffer]
  const url = chunk.toString().trim()
  const { cookie } = await post(`${url}/api/auth/sign-up/email`, account)
  const target = { url: `${url}/api/auth/get-session`, header: `cookie: ${cookie}` }
  const shown = await fetch(target.url, { headers: { cookie } })
  const session = (await shown.json()) as { user?: { email: string } } | null
  if (session?.user?.email !== account.email) throw new Error('Better Auth knows no session')
  return target
}

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

/** Requests a second of one round. Throws where any answer was not a success. */
async function load({ url, header }: Target): Promise<number> {
  const { stdout } = await run('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${roundSeconds}s`,
    '-H',
    header,
    url,
  ])
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
  if (/Non-2xx/.test(stdout) || !Number.isFinite(rate)) throw new Error(stdout)
  return rate
}
