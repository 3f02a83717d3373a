import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type ProcessRecord,
  isAlive,
  recordOf,
  stopProcess,
} from '@atrium/platform/servers/process-record.ts'
import { readRunFile, removeRunFile } from '@atrium/platform/servers/run-file.ts'

/** What a start makes; an own copy of a program in `bin` is none of the data. */
const madeByStart = [
  'postgres',
  'postgres.unfinished',
  'nats',
  'logs',
  'mail',
  'secrets.json',
  'admin.json',
]

/** A starter that was orphaned needs a moment to notice, and one that stops some more. */
const noticeLimitMs = 4_000
const stopLimitMs = 45_000
const orphanStopLimitMs = 15_000
const pollMs = 50

/**
 * Makes this process the only one that runs on the data folder. Waits for one that is about to end,
 * and stops what a killed one left behind. Fails when another one runs here and goes on.
 */
export async function claimDataFolder(folder: string, print: (line: string) => void) {
  await mkdir(folder, { recursive: true, mode: 0o711 }) // PostgreSQL may run as another user
  const own = recordOf(process.pid)
  if (!own) throw new Error('This process does not find itself.')
  const claim = `${lockIn(folder)}.${own.pid}`
  await writeFile(claim, JSON.stringify(own), { mode: 0o600 })
  try {
    while (!(await isLinked(claim, lockIn(folder)))) await waitForHolder(folder, print)
  } finally {
    await rm(claim, { force: true })
  }
  await stopLeftovers(folder)
}

export async function releaseDataFolder(folder: string) {
  await removeRunFile(folder)
  await rm(lockIn(folder), { force: true })
}

/** Removes what former starts made, and nothing else: the folder may be anywhere. */
export async function emptyDataFolder(folder: string) {
  for (const name of madeByStart) await rm(join(folder, name), { recursive: true, force: true })
}

const lockIn = (folder: string) => join(folder, 'starter.lock')

/** Linking makes the whole lock at once, or fails when there is one. */
async function isLinked(claim: string, lock: string) {
  try {
    await link(claim, lock)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Resolves when the lock is free, which it is as soon as its holder has ended. */
async function waitForHolder(folder: string, print: (line: string) => void) {
  const holder = await readLock(folder)
  if (holder && isAlive(holder)) {
    print(`Waiting for process ${holder.pid}, which still uses ${folder} …`)
    const begin = Date.now()
    while (isAlive(holder)) {
      const isStopping = (await readRunFile(folder))?.state === 'stopping'
      if (Date.now() - begin > (isStopping ? stopLimitMs : noticeLimitMs)) {
        throw new Error(
          `Atrium already runs on ${folder}, as process ${holder.pid}: stop it first, ` +
            'or set ATRIUM_DATA and ATRIUM_PORT to run a second one beside it.',
        )
      }
      await pause(pollMs)
    }
  }
  await rm(lockIn(folder), { force: true })
}

async function readLock(folder: string): Promise<ProcessRecord | undefined> {
  try {
    return JSON.parse(await readFile(lockIn(folder), 'utf8')) as ProcessRecord
  } catch {
    return undefined // released a moment ago, or not what a start writes
  }
}

/** In the order in which a stop ends them; each only if it is still the process that was noted. */
async function stopLeftovers(folder: string) {
  const former = await readRunFile(folder)
  if (!former) return
  const { postgres, nats, gateway, ...services } = former.processes
  for (const group of [[gateway], Object.values(services), [nats], [postgres]]) {
    const signal = group.includes(postgres) ? 'SIGINT' : 'SIGTERM'
    const records = group.filter((record) => record !== undefined)
    await Promise.all(records.map((record) => stopProcess(record, signal, orphanStopLimitMs)))
  }
  await removeRunFile(folder)
}
