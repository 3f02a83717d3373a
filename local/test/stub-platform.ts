import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contexts } from '@atrium/contracts/context.ts'
import { findFreePort } from '@atrium/platform/servers/free-port.ts'
import { isAlive } from '@atrium/platform/servers/process-record.ts'
import { type RunFile, readRunFile } from '@atrium/platform/servers/run-file.ts'
import { folderOf } from '../src/programs.ts'

/** A folder laid out as this repository, whose services do no more than answer and end. */
export type StubPlatform = {
  readonly root: string
  readonly dataFolder: string
  readonly port: number
  /** Runs the start on it, as a process of its own. */
  start(options?: StartOptions): StartedStub
  remove(): Promise<void>
}

export type StartOptions = {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export type StartedStub = {
  readonly child: ChildProcess
  /** What it has printed so far. */
  printed(): string
  /** Resolves when it says that it is ready; fails with what it printed when it ends before. */
  untilReady(): Promise<RunFile>
  /** Resolves with its exit code, or with the signal that ended it. */
  readonly ended: Promise<number | string>
}

const startModule = new URL('../src/run-start.ts', import.meta.url).href

export async function createStubPlatform(): Promise<StubPlatform> {
  const root = await mkdtemp(join(tmpdir(), 'atrium-start-'))
  const dataFolder = join(root, '.atrium')
  const port = await findFreePort()
  const services = contexts.map((context) => `services/${folderOf[context]}`)
  for (const folder of [...services, 'gateway']) {
    await mkdir(join(root, folder, 'src'), { recursive: true })
    await cp(join(import.meta.dirname, 'stub-process.ts'), join(root, folder, 'src/main.ts'))
  }
  await writeFile(
    join(root, 'start.ts'),
    `import { runStart } from '${startModule}'\nawait runStart(import.meta.dirname)\n`,
  )
  return {
    root,
    dataFolder,
    port,
    start: (options) => startStub(root, dataFolder, port, options),
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/** Every process that a run file names, but for the starter. */
export function processesOf({ processes, guard }: RunFile) {
  return [...Object.values(processes), guard]
}

export const areGone = (run: RunFile) => !processesOf(run).some(isAlive)

function startStub(
  root: string,
  dataFolder: string,
  port: number,
  { args = [], env = {} }: StartOptions = {},
): StartedStub {
  const child = spawn(process.execPath, [join(root, 'start.ts'), ...args], {
    env: { PATH: process.env['PATH'], ATRIUM_PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'], // it ends with this test, however that ends
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  }
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on('data', () => text.includes('Atrium is ready') && resolve())
  })
  return {
    child,
    ended,
    printed: () => text,
    async untilReady() {
      await Promise.race([ready, ended])
      const run = await readRunFile(dataFolder)
      if (!run || !text.includes('Atrium is ready')) throw new Error(`It did not start:\n${text}`)
      return run
    },
  }
}
