import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findFreePort } from '@atrium/platform/servers/free-port.ts'
import { readRunFile, type RunFile } from '@atrium/platform/servers/run-file.ts'
import { until } from './until.ts'

/** A platform of its own, as `npm start` runs it, whose processes may be killed. */
export interface Platform {
  readonly url: string
  readonly dataFolder: string
  /** What its processes lay down for a while lies here, and nothing else. */
  readonly temporaryFolder: string
  runFile(): Promise<RunFile>
  /** Whether every part of it answers. */
  isHealthy(): Promise<boolean>
  stop(): Promise<void>
}

export const root = path.join(import.meta.dirname, '..', '..')

const startLimits = { attemptsMax: 600, pauseMs: 250 }
const stopTimeoutMs = 60_000
const healthTimeoutMs = 5_000

/** With settings of services, beside those of every run. */
export async function startPlatform(
  settings: Readonly<Record<string, string>> = {},
): Promise<Platform> {
  const folder = await mkdtemp(path.join(tmpdir(), 'atrium-faults-'))
  const dataFolder = path.join(folder, 'data')
  const temporaryFolder = path.join(folder, 'tmp')
  await mkdir(temporaryFolder)
  const port = await findFreePort()
  const starter = spawn(process.execPath, ['local/start.ts'], {
    cwd: root,
    env: {
      ...process.env,
      ATRIUM_DATA: dataFolder,
      ATRIUM_PORT: String(port),
      TMPDIR: temporaryFolder,
      RATE_LIMIT_SCALE: '1000',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'], // it ends with this process, however that ends
  })
  const ended = new Promise<void>((resolve) => starter.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`

  const platform: Platform = {
    url,
    dataFolder,
    temporaryFolder,
    async runFile() {
      const found = await readRunFile(dataFolder)
      if (!found) throw new Error(`nothing runs on ${dataFolder}`)
      return found
    },
    async isHealthy() {
      try {
        return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(healthTimeoutMs) })).ok
      } catch {
        return false
      }
    },
    async stop() {
      starter.kill('SIGTERM')
      const limit = setTimeout(() => starter.kill('SIGKILL'), stopTimeoutMs)
      await ended
      clearTimeout(limit)
      await rm(folder, { recursive: true, force: true })
    },
  }
  const isReady = await until(platform.isHealthy, Boolean, startLimits)
  if (isReady) return platform
  starter.kill('SIGTERM')
  await ended
  throw new Error(`the platform did not start; its logs are in ${dataFolder}/logs`)
}
