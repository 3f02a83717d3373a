import { join } from 'node:path'
import { contexts } from '@atrium/contracts/context.ts'
import { findFreePort, isFreePort } from '@atrium/platform/servers/free-port.ts'
import { type OrphanGuard, createOrphanGuard } from '@atrium/platform/servers/orphan-guard.ts'
import type { ServerProcess } from '@atrium/platform/servers/server-process.ts'
import { checkGivenServers } from './check-given-servers.ts'
import type { StartConfig } from './config.ts'
import { claimDataFolder, emptyDataFolder, releaseDataFolder } from './data-folder.ts'
import { emptyGivenServers } from './empty-servers.ts'
import { type Program, type Surroundings, planPrograms, startProgram } from './programs.ts'
import { type RunNotes, createRunNotes } from './run-notes.ts'
import { loadAdministrator, loadSecrets } from './secrets.ts'
import { type NeededServer, createDatabases, findNats, findPostgres } from './servers.ts'
import { type Supervised, supervise } from './supervise.ts'

export type Atrium = {
  readonly url: string
  /** Resolves with the reason when something did not stay up; then nothing runs any more. */
  readonly failed: Promise<string>
  /** Stops everything in order: the door, the services, NATS, PostgreSQL. */
  stop(): Promise<void>
}

/** What is running, and what all of it shares. */
type Run = {
  readonly config: StartConfig
  readonly print: (line: string) => void
  readonly guard: OrphanGuard
  readonly notes: RunNotes
  /** What runs, in the order in which it is stopped. */
  readonly groups: Readonly<Record<'door' | 'services' | 'nats' | 'postgres', Supervised[]>>
  /** Aborted when the run is over: nothing is started, or waited for, any more. */
  readonly over: AbortController
  fail(reason: string): void
}

/** What a started process has at its end, before it is killed. */
const orphanStopLimitMs = 15_000

/**
 * Starts everything on the data folder. Fails with one sentence, and nothing left running, also
 * when `signal` is aborted before everything is up.
 */
export async function startAtrium(
  config: StartConfig,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<Atrium> {
  if (config.isFresh && config.eventStoreDbUrl !== undefined) {
    throw new Error('--fresh cannot empty an EventStoreDB: give the address of an empty one.')
  }
  await claimDataFolder(config.dataFolder, print)
  const failure = Promise.withResolvers<string>()
  const run = createRun(config, print, (reason) => failure.resolve(reason))
  signal.addEventListener('abort', () => run.over.abort())
  try {
    if (!(await isFreePort(config.port))) {
      throw new Error(
        `Port ${config.port} is in use: stop what uses it, or set ATRIUM_PORT to another one.`,
      )
    }
    await checkGivenServers(config)
    if (config.isFresh) await begunAnew(config)
    await startEverything(run)
  } catch (error) {
    await stopRun(run)
    throw error
  }
  let stopping: Promise<void> | undefined
  return {
    url: run.notes.url,
    failed: failure.promise,
    stop: () => (stopping ??= stopRun(run)),
  }
}

function createRun(config: StartConfig, print: (line: string) => void, fail: Run['fail']): Run {
  const guard = createOrphanGuard(orphanStopLimitMs)
  const url = `http://localhost:${config.port}`
  return {
    config,
    print,
    guard,
    notes: createRunNotes(config.dataFolder, url, guard.pid),
    groups: { door: [], services: [], nats: [], postgres: [] },
    over: new AbortController(),
    fail,
  }
}

async function begunAnew(config: StartConfig) {
  await emptyDataFolder(config.dataFolder)
  await emptyGivenServers(config)
}

async function startEverything(run: Run) {
  const { config, guard, notes } = run
  const secrets = await loadSecrets(config.dataFolder)
  const admin = await loadAdministrator(config.dataFolder, {
    ...(config.adminEmail === undefined ? {} : { email: config.adminEmail }),
    ...(config.adminPassword === undefined ? {} : { password: config.adminPassword }),
  })
  const servers = await Promise.all([
    findPostgres(config, secrets, guard),
    findNats(config, secrets, guard),
  ])
  await startServers(run, servers)
  const [postgres, nats] = servers
  const databases = await createDatabases(postgres.url, secrets)
  const mailFolder = config.smtpUrl === undefined ? join(config.dataFolder, 'mail') : undefined
  const ports = Object.fromEntries(
    await Promise.all([...contexts, 'gateway'].map(async (name) => [name, await findFreePort()])),
  ) as Surroundings['ports']
  const programs = planPrograms(config, {
    ports,
    databases,
    natsUrl: nats.url,
    authSecret: secrets.auth,
    serviceSecret: secrets.service,
    admin,
    mailFolder,
  })
  notes.describe({
    postgresUrl: postgres.url,
    natsUrl: nats.url,
    eventStoreDbUrl: config.eventStoreDbUrl,
    mailFolder,
    contexts: Object.fromEntries(
      contexts.map((context) => [
        context,
        {
          databaseUrl: databases[context].ownerUrl,
          routesUrl: databases[context].routesUrl,
          url: `http://127.0.0.1:${ports[context]}`,
        },
      ]),
    ),
  })
  await startPrograms(run, programs)
  await notes.is('ready')
  const where = admin.file === undefined ? '' : `; the password is in ${admin.file}`
  run.print(`The platform administrator is ${admin.email}${where}.`)
}

async function startServers(run: Run, servers: readonly NeededServer[]) {
  run.print('Starting PostgreSQL and NATS …')
  await allOrNone(
    run,
    servers.map(async ({ name, url, start }) => {
      if (start) await superviseIn(run, run.groups[name], name, url, start)
    }),
  )
}

async function startPrograms(run: Run, programs: readonly Program[]) {
  run.print(`Starting ${programs.map(({ name }) => name).join(', ')} …`)
  const logFolder = join(run.config.dataFolder, 'logs')
  await allOrNone(
    run,
    programs.map(({ name, url, ...program }) => {
      const group = name === 'gateway' ? run.groups.door : run.groups.services
      return superviseIn(run, group, name, url, (signal) =>
        startProgram({ name, url, ...program }, logFolder, run.guard, signal),
      )
    }),
  )
}

/** Keeps a process up for as long as the run lasts, and its pid in the notes. */
async function superviseIn(
  { notes, over, print, fail }: Run,
  group: Supervised[],
  name: string,
  url: string,
  start: (signal: AbortSignal) => Promise<ServerProcess>,
) {
  const supervised = await supervise(name, {
    start: async (signal) => {
      const server = await start(AbortSignal.any([signal, over.signal]))
      await notes.runs(name, server, url)
      return server
    },
    onGivenUp: fail,
    print,
  })
  group.push(supervised)
}

/**
 * All of them, or, when one fails, the others no longer waited for and its reason thrown: the first
 * in time, since the others then only tell that they were given up.
 */
async function allOrNone(run: Run, starts: readonly Promise<void>[]) {
  const reasons: unknown[] = []
  const giveUp = (reason: unknown) => {
    reasons.push(reason)
    run.over.abort()
  }
  await Promise.all(starts.map((start) => start.catch(giveUp)))
  if (reasons.length > 0) throw reasons[0]
}

async function stopRun({ notes, groups, guard, over, config }: Run) {
  over.abort()
  await notes.is('stopping')
  for (const group of Object.values(groups))
    await Promise.all(group.map((supervised) => supervised.stop()))
  await guard.close() // and with it what a failed start left
  await releaseDataFolder(config.dataFolder)
}
