import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '@atrium/contracts/context.ts'
import type { ProcessRecord } from './process-record.ts'

/**
 * What runs on a data folder, for whoever looks for it: the next start, which stops what a killed
 * one left behind, the operator's commands, and the fault tests. It holds passwords, so that only
 * its owner may read it.
 */
export type RunFile = {
  readonly state: 'starting' | 'ready' | 'stopping'
  readonly starter: ProcessRecord
  /** Ends what the starter leaves behind when it is killed. */
  readonly guard: ProcessRecord
  /** The public address, `http://localhost:8080`. */
  readonly url: string
  /** By name: `postgres`, `nats`, every context, `gateway`; given servers are absent. */
  readonly processes: Readonly<Record<string, RunningProcess>>
  /** May create databases and roles. */
  readonly postgresUrl: string
  /** With user and password, to be read by `parseNatsUrl`. */
  readonly natsUrl: string
  readonly eventStoreDbUrl?: string
  readonly contexts: Readonly<Partial<Record<Context, RunningContext>>>
  /** Where auth lays its mails; absent when it sends them by SMTP. */
  readonly mailFolder?: string
}

export type RunningProcess = ProcessRecord & {
  /** Its own address; the gateway's is that of its health and metrics. */
  readonly url: string
  readonly logFile: string
}

export type RunningContext = {
  /** As the owner, from whom no row is hidden. */
  readonly databaseUrl: string
  /** As the role of the routes. */
  readonly routesUrl: string
  readonly url: string
}

const fileIn = (dataFolder: string) => join(dataFolder, 'run.json')

/** What was written last, or undefined when nothing runs here, or ended in order. */
export async function readRunFile(dataFolder: string): Promise<RunFile | undefined> {
  try {
    return JSON.parse(await readFile(fileIn(dataFolder), 'utf8')) as RunFile
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Error(`${fileIn(dataFolder)} cannot be read: remove it.`, { cause: error })
  }
}

/** In one step: a reader meets the former content or the new one. */
export async function writeRunFile(dataFolder: string, content: RunFile) {
  const unfinished = `${fileIn(dataFolder)}.unfinished`
  await writeFile(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(unfinished, fileIn(dataFolder))
}

export async function removeRunFile(dataFolder: string) {
  await rm(fileIn(dataFolder), { force: true })
}
