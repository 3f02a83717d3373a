import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Context } from '@atrium/contracts/context.ts'
import { createContextDatabase } from '@atrium/platform/servers/context-database.ts'
import { findFreePort } from '@atrium/platform/servers/free-port.ts'
import type { Bench } from './bench.ts'

const startTimeoutMs = 60_000
const pollMs = 50

type Child = ChildProcessByStdio<null, Readable, null>
type Environment = Readonly<Record<string, string>>

/** Starts one of the repository's files as a process that ends with the topic. */
export function startProcess(
  bench: Bench,
  file: string,
  args: readonly string[] = [],
  environment: Environment = {},
): Child {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], {
    env: { PATH: '/usr/bin:/bin', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  bench.onEnd(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  return child
}

/** The address that a process prints, alone on a line or in its log. */
export async function addressFrom({ stdout }: Child): Promise<string> {
  const signal = AbortSignal.timeout(startTimeoutMs)
  let output = ''
  for (;;) {
    const [chunk] = (await once(stdout, 'data', { signal })) as [Buffer]
    output += chunk.toString()
    const address = /(?:"address":"|^)(http:\/\/[\d.:]+)/m.exec(output)?.[1]
    if (address === undefined) continue
    stdout.resume()
    return address
  }
}

/** A service's folder, where it is not named as its context. */
const folders: Partial<Readonly<Record<Context, string>>> = { pdf: 'pdf-worker' }

/** A service as production runs it, on a database of its own; resolves with its address. */
export async function startService(
  bench: Bench,
  context: Context,
  environment: Environment = {},
): Promise<string> {
  const name = `bench_${context}_${randomBytes(4).toString('hex')}`
  const role = (suffix: string) => ({ name: `${name}_${suffix}`, password: 'bench' })
  const { ownerUrl, routesUrl } = await createContextDatabase(await bench.database(), {
    database: name,
    owner: role('owner'),
    routes: role('routes'),
  })
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const mailFolder = await mkdtemp(join(tmpdir(), 'atrium-bench-mail-'))
  bench.onEnd(() => rm(mailFolder, { recursive: true, force: true }))
  const ofAuth = {
    AUTH_SECRET: randomBytes(32).toString('base64url'),
    MAIL_DIR: mailFolder,
    PUBLIC_URL: url,
  }
  const child = startProcess(bench, `services/${folders[context] ?? context}/src/main.ts`, [], {
    DATABASE_URL: ownerUrl,
    DATABASE_ROUTES_URL: routesUrl,
    NATS_URL: await bench.nats(),
    PORT: String(port),
    AUTH_URL: url,
    INSTANCES_URL: url,
    ASSETS_URL: url,
    PDF_URL: url,
    SERVICE_SECRET: randomBytes(32).toString('base64url'),
    ...(context === 'auth' ? ofAuth : {}),
    ...environment,
  })
  child.stdout.resume()
  await untilReady(`${url}/readyz`)
  return url
}

async function untilReady(url: string) {
  const endsAt = performance.now() + startTimeoutMs
  const isReady = () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!(await isReady())) {
    if (performance.now() > endsAt) throw new Error(`${url} did not get ready`)
    await delay(pollMs)
  }
}

/** Throws where the answer is not a success. */
export async function post(url: string, body: object) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(url).origin },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return { headers: response.headers, body: await response.json() }
}
