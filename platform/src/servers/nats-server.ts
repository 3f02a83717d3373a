import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findFreePort } from './free-port.ts'
import type { OrphanGuard } from './orphan-guard.ts'
import { type ServerProcess, startReadyServer } from './server-process.ts'

export type NatsServerOptions = {
  /** The program `nats-server`, 2.9 or newer. */
  readonly program: string
  /** Holds the configuration and the streams, from one start to the next; made when missing. */
  readonly folder: string
  readonly logFile: string
  readonly user: string
  readonly password: string
  /** A free one is chosen when none is given. */
  readonly port?: number
  /** Gives up waiting when it is aborted. */
  readonly signal?: AbortSignal
}

export type NatsServer = ServerProcess & { readonly port: number; readonly url: string }

export type NatsVersion = { readonly major: number; readonly minor: number; readonly text: string }

const readyLimitMs = 30_000 // it reads every stream first
const stopLimitMs = 10_000
const greetingLimitMs = 1_000
const run = promisify(execFile)

/** A NATS server with JetStream on the loopback address, for one user. */
export async function startNatsServer(
  options: NatsServerOptions,
  guard: OrphanGuard,
): Promise<NatsServer> {
  const { program, folder, logFile, user, password } = options
  const port = options.port ?? (await findFreePort())
  const version = await natsVersion(program)
  if (!version) throw new Error(`${program} does not answer as a nats-server.`)
  await mkdir(folder, { recursive: true })
  const configFile = join(folder, 'nats-server.conf')
  await writeFile(configFile, configuration(options, port, version), { mode: 0o600 })
  const server = await startReadyServer(
    {
      name: 'nats',
      command: program,
      args: ['--config', configFile],
      env: { PATH: '/usr/bin:/bin' },
      logFile,
      stopSignal: 'SIGTERM',
      stopLimitMs,
    },
    guard,
    { isReady: () => greetsWithJetStream(port), limitMs: readyLimitMs, signal: options.signal },
  )
  return { ...server, port, url: `nats://${user}:${password}@127.0.0.1:${port}` }
}

/** The version of the program, or undefined when it does not run or is another one. */
export async function natsVersion(program: string): Promise<NatsVersion | undefined> {
  const answer = await run(program, ['--version']).catch(() => undefined)
  const match = /v(\d+)\.(\d+)\.\S+/.exec(answer?.stdout ?? '')
  return match ? { major: Number(match[1]), minor: Number(match[2]), text: match[0] } : undefined
}

function configuration(
  { folder, user, password }: NatsServerOptions,
  port: number,
  version: NatsVersion,
) {
  const isBefore210 = version.major === 2 && version.minor < 10
  return `# Written at each start.
listen: "127.0.0.1:${port}"
authorization { user: "${user}", password: "${password}" }
jetstream {
  store_dir: ${JSON.stringify(folder)}
  ${isBefore210 ? '# this version syncs every two minutes' : 'sync_interval: "10s"'}
}
`
}

/** It greets every connection with what it offers, and does so only when its streams are read. */
async function greetsWithJetStream(port: number) {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    const signal = AbortSignal.timeout(greetingLimitMs)
    const [greeting] = (await once(socket, 'data', { signal })) as [Buffer]
    return /^INFO .*"jetstream":true/.test(greeting.toString())
  } catch {
    return false // refused: not yet listening
  } finally {
    socket.destroy()
  }
}
