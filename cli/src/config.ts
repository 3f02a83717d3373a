import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Context, contexts } from '@atrium/contracts/context.ts'
import { readRunFile } from '@atrium/platform/servers/run-file.ts'
import type { Deployment } from './deployment.ts'

/**
 * The platform that the commands are about: the one whose databases the environment names
 * (`AUTH_DATABASE_URL`, `INSTANCES_DATABASE_URL`, …, `NATS_URL`), else what `npm start` runs on
 * this machine. Throws in words where there is none.
 */
export async function findDeployment(): Promise<Deployment> {
  return fromEnvironment(process.env) ?? (await fromLocalStart(process.env))
}

type Environment = Readonly<Record<string, string | undefined>>

function fromEnvironment(environment: Environment): Deployment | undefined {
  const variable = (context: Context, name: string) =>
    environment[`${context.toUpperCase().replaceAll('-', '_')}_${name}`]
  const named = contexts.filter((context) => variable(context, 'DATABASE_URL') !== undefined)
  if (named.length === 0) return undefined
  const missing = [
    ...contexts
      .filter((context) => !named.includes(context))
      .map((context) => `${context.toUpperCase()}_DATABASE_URL`),
    ...(environment['NATS_URL'] === undefined ? ['NATS_URL'] : []),
  ]
  if (missing.length > 0) throw new Error(`the environment lacks ${missing.join(', ')}`)
  return {
    contexts: placesOf((context) => ({
      databaseUrl: variable(context, 'DATABASE_URL') ?? '',
      url: variable(context, 'URL'),
    })),
    natsUrl: environment['NATS_URL'] ?? '',
    eventStoreDbUrl: environment['EVENTSTOREDB_URL'],
    gatewayUrl: environment['GATEWAY_URL'],
    administrator: administratorIn(environment),
    mailFolder: undefined,
  }
}

async function fromLocalStart(environment: Environment): Promise<Deployment> {
  const root = path.join(import.meta.dirname, '..', '..')
  const dataFolder = path.resolve(root, environment['ATRIUM_DATA'] ?? '.atrium')
  const running = await readRunFile(dataFolder)
  if (!running)
    throw new Error(`nothing runs on ${dataFolder}: npm start first, or set ATRIUM_DATA`)
  return {
    contexts: placesOf((context) => {
      const place = running.contexts[context]
      if (!place) throw new Error(`${context} has not started yet: try again in a moment`)
      return { databaseUrl: place.databaseUrl, url: place.url }
    }),
    natsUrl: running.natsUrl,
    eventStoreDbUrl: running.eventStoreDbUrl,
    gatewayUrl: running.url,
    administrator: administratorIn(environment) ?? (await localAdministrator(dataFolder)),
    mailFolder: running.mailFolder,
  }
}

function administratorIn(environment: Environment): Deployment['administrator'] {
  const { ATRIUM_ADMIN_EMAIL: email, ATRIUM_ADMIN_PASSWORD: password } = environment
  return email === undefined || password === undefined ? undefined : { email, password }
}

/** As the local start made it; there is no file where the environment named one. */
async function localAdministrator(dataFolder: string): Promise<Deployment['administrator']> {
  try {
    const text = await readFile(path.join(dataFolder, 'admin.json'), 'utf8')
    return JSON.parse(text) as Deployment['administrator']
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function placesOf(
  placeOf: (context: Context) => Deployment['contexts'][Context],
): Deployment['contexts'] {
  return Object.fromEntries(
    contexts.map((context) => [context, placeOf(context)]),
  ) as Deployment['contexts']
}
