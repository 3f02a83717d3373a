import { join } from 'node:path'
import { type Context, contexts } from '@atrium/contracts/context.ts'
import type { OrphanGuard } from '@atrium/platform/servers/orphan-guard.ts'
import {
  type ServerCommand,
  type ServerProcess,
  startReadyServer,
} from '@atrium/platform/servers/server-process.ts'
import type { StartConfig } from './config.ts'

/** One process of ours: the program that production runs, with the settings it gets here. */
export type Program = {
  readonly name: Context | 'gateway'
  readonly main: string
  /** Answers /healthz and /readyz. */
  readonly url: string
  readonly env: Readonly<Record<string, string>>
}

/** What the programs have in common, found out before the first of them starts. */
export type Surroundings = {
  readonly ports: Readonly<Record<Context | 'gateway', number>>
  readonly databases: Readonly<
    Record<Context, { readonly ownerUrl: string; readonly routesUrl: string }>
  >
  readonly natsUrl: string
  readonly authSecret: string
  readonly serviceSecret: string
  readonly admin: { readonly email: string; readonly password: string }
  readonly mailFolder: string | undefined
}

/** Where a context's service lies below services/; the name that its users chose for the folder. */
export const folderOf: Readonly<Record<Context, string>> = {
  auth: 'auth',
  instances: 'instances',
  assets: 'assets',
  pdf: 'pdf-worker',
}

const readyLimitMs = 90_000
const probeLimitMs = 3_000
const stopLimitMs = 32_000 // longer than the three phases in which they stop themselves

/** Every context, then the gateway. */
export function planPrograms(config: StartConfig, around: Surroundings): Program[] {
  const { ports } = around
  const urls = Object.fromEntries(
    contexts.map((context) => [
      `${context.toUpperCase()}_URL`,
      `http://127.0.0.1:${ports[context]}`,
    ]),
  )
  const forAll = {
    BLOBS_DIR: join(config.dataFolder, 'blobs'),
    ...config.passedOn,
    ...urls,
    NATS_URL: around.natsUrl,
    HOST: '127.0.0.1',
    ATRIUM_PARENT: '1',
  }
  const services = contexts.map((context) => ({
    name: context,
    main: join(config.root, 'services', folderOf[context], 'src/main.ts'),
    url: `http://127.0.0.1:${ports[context]}`,
    env: {
      ...forAll,
      PORT: String(ports[context]),
      DATABASE_URL: around.databases[context].ownerUrl,
      DATABASE_ROUTES_URL: around.databases[context].routesUrl,
      SERVICE_SECRET: around.serviceSecret,
      ...(config.eventStoreDbUrl === undefined ? {} : { EVENTSTOREDB_URL: config.eventStoreDbUrl }),
      ...(context === 'auth' ? authSettings(config, around) : {}),
    },
  }))
  const gateway = {
    name: 'gateway' as const,
    main: join(config.root, 'gateway/src/main.ts'),
    url: `http://127.0.0.1:${ports.gateway}`,
    env: { ...forAll, PORT: String(config.port), OPERATIONS_PORT: String(ports.gateway) },
  }
  return [...services, gateway]
}

/** Starts the program and resolves when it says that it is ready. */
export function startProgram(
  program: Program,
  logFolder: string,
  guard: OrphanGuard,
  signal: AbortSignal,
): Promise<ServerProcess> {
  const command: ServerCommand = {
    name: program.name,
    command: process.execPath,
    args: [program.main],
    env: program.env,
    cwd: join(program.main, '../../'),
    logFile: join(logFolder, `${program.name}.log`),
    stopSignal: 'SIGTERM',
    stopLimitMs,
    hasStdin: true, // with ATRIUM_PARENT it ends by itself when the pipe closes
  }
  return startReadyServer(command, guard, {
    isReady: () => answersReady(program.url),
    limitMs: readyLimitMs,
    signal,
  })
}

function authSettings(config: StartConfig, { authSecret, admin, mailFolder }: Surroundings) {
  return {
    AUTH_SECRET: authSecret,
    ATRIUM_ADMIN_EMAIL: admin.email,
    ATRIUM_ADMIN_PASSWORD: admin.password,
    PUBLIC_URL: config.publicUrl ?? `http://localhost:${config.port}`,
    ...(config.smtpUrl === undefined ? {} : { SMTP_URL: config.smtpUrl }),
    ...(mailFolder === undefined ? {} : { MAIL_DIR: mailFolder }),
  }
}

async function answersReady(url: string) {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(probeLimitMs) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false // not listening yet, or busy
  }
}
