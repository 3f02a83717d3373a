import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { OrphanGuard } from './orphan-guard.ts'
import { type ProcessRecord, recordOf, stopProcess } from './process-record.ts'

export type ServerCommand = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly user?: { readonly uid: number; readonly gid: number }
  /** Standard output and error are appended here; past `logSizeBytesMax` a new file is begun. */
  readonly logFile: string
  /** Standard input is a pipe that closes when this process ends; else there is none. */
  readonly hasStdin?: boolean
  readonly stopSignal: NodeJS.Signals
  readonly stopLimitMs: number
}

/** A child process that serves, until it is stopped or ends by itself. */
export type ServerProcess = ProcessRecord & {
  readonly name: string
  readonly logFile: string
  /** Resolves with the reason, as a clause to be read by a person, when the process has ended. */
  readonly ended: Promise<string>
  hasEnded(): boolean
  /** Signals, waits, kills past the limit; resolves when the process has ended. */
  stop(): Promise<void>
}

const logSizeBytesMax = 16 * 1024 * 1024
const pollMs = 25

async function startServerProcess(
  { name, command, args, env, cwd, user, logFile, hasStdin, ...stopping }: ServerCommand,
  guard: OrphanGuard,
): Promise<ServerProcess> {
  const log = openLog(logFile)
  const child = spawn(command, args, {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    ...user,
    stdio: [hasStdin ? 'pipe' : 'ignore', log, log],
    // A group of its own: a Ctrl-C reaches only the starter, which stops everything in order.
    detached: true,
  })
  closeSync(log)
  child.stdin?.on('error', () => undefined) // nothing is written to it
  await spawned(name, child)
  const pid = child.pid
  const record = pid === undefined ? undefined : recordOf(pid)
  if (pid === undefined) throw new Error(`${name} could not be started.`)
  guard.watch(pid, stopping.stopSignal)
  const ended = endOf(child).finally(() => guard.unwatch(pid))
  return {
    pid,
    startedAt: record?.startedAt ?? 'ended at once',
    name,
    logFile,
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async stop() {
      if (record) await stopProcess(record, stopping.stopSignal, stopping.stopLimitMs)
      await ended
    },
  }
}

export type Readiness = {
  readonly isReady: (server: ServerProcess) => Promise<boolean>
  readonly limitMs: number
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Starts the process and waits until it is ready. Fails with one sentence, and the process stopped,
 * when it ends before or takes too long.
 */
export async function startReadyServer(
  command: ServerCommand,
  guard: OrphanGuard,
  readiness: Readiness,
): Promise<ServerProcess> {
  const server = await startServerProcess(command, guard)
  try {
    await untilReady(server, readiness)
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function untilReady(server: ServerProcess, { isReady, limitMs, signal }: Readiness) {
  const deadline = Date.now() + limitMs
  while (!(await isReady(server))) {
    if (server.hasEnded()) {
      throw new Error(
        `${server.name} ${await server.ended} before it was ready: see ${server.logFile}.`,
      )
    }
    if (signal?.aborted) throw new Error(`${server.name} is not waited for any longer.`)
    if (Date.now() > deadline) {
      const seconds = limitMs / 1000
      throw new Error(`${server.name} was not ready within ${seconds} s: see ${server.logFile}.`)
    }
    await pause(pollMs)
  }
}

function openLog(logFile: string) {
  mkdirSync(dirname(logFile), { recursive: true })
  const sizeBytes = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
  if (sizeBytes > logSizeBytesMax) renameSync(logFile, `${logFile}.1`)
  return openSync(logFile, 'a', 0o600)
}

async function spawned(name: string, child: ChildProcess) {
  try {
    await once(child, 'spawn')
  } catch (cause) {
    throw new Error(`${name} could not be started: ${String(cause)}.`, { cause })
  }
}

async function endOf(child: ChildProcess) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.signalCode === null
    ? `ended with code ${child.exitCode}`
    : `was ended by ${child.signalCode}`
}
