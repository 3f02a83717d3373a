import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

export type StartConfig = {
  /** The folder of this repository, or of what stands in for it in a test. */
  readonly root: string
  readonly dataFolder: string
  readonly port: number
  /** Begin without the data of former starts. */
  readonly isFresh: boolean
  readonly adminEmail: string | undefined
  readonly adminPassword: string | undefined
  /** Servers that run already, and are used instead of own ones. */
  readonly databaseUrl: string | undefined
  readonly natsUrl: string | undefined
  readonly eventStoreDbUrl: string | undefined
  readonly smtpUrl: string | undefined
  readonly publicUrl: string | undefined
  /** What every process gets besides its own settings: the settings of services among it. */
  readonly passedOn: Readonly<Record<string, string>>
}

const defaultPort = 8080

/** Set anew for each process, so that none gets what is meant for another. */
const notPassedOn = new Set([
  'DATABASE_URL',
  'DATABASE_ROUTES_URL',
  'NATS_URL',
  'EVENTSTOREDB_URL',
  'AUTH_SECRET',
  'SERVICE_SECRET',
  'SMTP_URL',
  'PUBLIC_URL',
  'MAIL_DIR',
  'HOST',
  'PORT',
])
const notPassedOnPrefixes = ['ATRIUM_', 'OPERATIONS_', 'npm_', 'NODE_CHANNEL_']

/** Reads arguments and environment. Fails with one sentence. */
export function readConfig(root: string): StartConfig {
  const env = process.env
  const port = Number(env['ATRIUM_PORT'] ?? defaultPort)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`ATRIUM_PORT is "${env['ATRIUM_PORT']}": give a port between 1 and 65535.`)
  }
  return {
    root,
    dataFolder: env['ATRIUM_DATA'] ? resolve(env['ATRIUM_DATA']) : join(root, '.atrium'),
    port,
    isFresh: readFreshness(),
    adminEmail: env['ATRIUM_ADMIN_EMAIL'] || undefined,
    adminPassword: env['ATRIUM_ADMIN_PASSWORD'] || undefined,
    databaseUrl: env['DATABASE_URL'] || undefined,
    natsUrl: env['NATS_URL'] || undefined,
    eventStoreDbUrl: env['EVENTSTOREDB_URL'] || undefined,
    smtpUrl: env['SMTP_URL'] || undefined,
    publicUrl: env['PUBLIC_URL'] || undefined,
    passedOn: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) =>
        value === undefined || !isPassedOn(name) ? [] : [[name, value]],
      ),
    ),
  }
}

function isPassedOn(name: string) {
  return !notPassedOn.has(name) && !notPassedOnPrefixes.some((prefix) => name.startsWith(prefix))
}

function readFreshness() {
  try {
    return parseArgs({ options: { fresh: { type: 'boolean', default: false } } }).values.fresh
  } catch (cause) {
    throw new Error(
      'The start takes one option: npm start -- --fresh begins without former data.',
      {
        cause,
      },
    )
  }
}
