import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { makeHumble, type Confinement, type Priority } from './confinement.ts'
import type { OutlivedGuard } from './outlived-guard.ts'
import { isProcessMessage, outputDescriptor, type ProcessMessage } from './protocol.ts'

/** A render process that is ready for a task. */
export interface IsolatedProcess {
  readonly pid: number
  /** The bytes of its tasks, one after the other. Only ever read here. */
  readonly output: Readable
  send(task: unknown): void
  /** What it says from now on. One listener at a time. */
  listen(listener: (message: ProcessMessage) => void): void
  isGone(): boolean
  /** At once, without being asked. Resolves when it is gone. */
  kill(): Promise<void>
  /** Resolves with why it is gone: its status, or the signal. */
  readonly ended: Promise<ProcessEnd>
}

export interface ProcessEnd {
  readonly cause: string
  /** V8 gave up, since what the program holds fills its heap. */
  readonly isOutOfMemory: boolean
  /** Where in the code it ended, as far as it said so; nothing of the document. */
  readonly places: readonly string[]
}

export interface StartOptions {
  readonly program: URL
  readonly confinement: Confinement
  readonly priority: Priority
  readonly guard: OutlivedGuard
}

/** For the modules to load and the fonts to be measured. */
const readyTimeoutMs = 30_000
/** Of what it writes to its standard error, the end. */
const errorTextMax = 8_192
const placesMax = 8

/**
 * Starts a process and resolves when it is ready. It gets nothing of this process: no environment,
 * no descriptors but its two channels, and a folder of its own that is removed behind it. Rejects
 * where it does not become ready.
 */
export async function startProcess(options: StartOptions): Promise<IsolatedProcess> {
  const { program, confinement, priority, guard } = options
  const workFolder = await mkdtemp(join(tmpdir(), 'atrium-render-'))
  const child = fork(program, [], {
    execPath: confinement.execPath,
    execArgv: [...confinement.execArgvFor(workFolder)],
    cwd: workFolder,
    env: { TZ: 'UTC', LANG: 'C.UTF-8', PATH: searchPath, FONTCONFIG_FILE: fontsOfDrawings },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
  })
  const isolated = handleOf(child, workFolder)
  guard.watch(isolated.pid, workFolder)
  void isolated.ended.then(() => guard.forget(isolated.pid))
  await untilReady(isolated)
  await makeHumble(isolated.pid, priority)
  return isolated
}

/** Texts in drawings are set in the platform's own fonts, and so look the same on every machine. */
const fontsOfDrawings = fileURLToPath(new URL('../fonts/fonts.conf', import.meta.url))

/** Where `unshare` is looked for; the program itself starts none. */
const searchPath = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin'

function handleOf(child: ChildProcess, workFolder: string): IsolatedProcess {
  let listener: (message: ProcessMessage) => void = () => {}
  const errorText = collect(child)
  const output = child.stdio[outputDescriptor] as Readable
  output.pause()
  output.on('error', () => {}) // the end of the process tells it
  child.on('message', (message) => {
    if (child.killed) return
    // What is none of ours is said by a program that is not ours any more.
    if (isProcessMessage(message)) listener(message)
    else child.kill('SIGKILL')
  })

  const ended = (async (): Promise<ProcessEnd> => {
    const cause = await endOf(child)
    await rm(workFolder, { recursive: true, force: true })
    const text = errorText()
    return {
      cause,
      isOutOfMemory: /heap out of memory|Allocation failed/.test(text),
      places: text.match(/^ {4}at .*$/gm)?.slice(0, placesMax) ?? [],
    }
  })()

  const isolated: IsolatedProcess = {
    pid: child.pid ?? 0,
    output,
    send(task) {
      child.send({ type: 'task', task }, () => {}) // what is not sent is known by the end
    },
    listen(next) {
      listener = next
    },
    isGone: () => child.exitCode !== null || child.signalCode !== null,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    ended,
  }
  return isolated
}

async function untilReady(isolated: IsolatedProcess): Promise<void> {
  const ready = Promise.withResolvers<void>()
  const timer = setTimeout(() => ready.reject(new Error('not in time')), readyTimeoutMs)
  isolated.listen(({ type }) => {
    if (type === 'ready') ready.resolve()
  })
  void isolated.ended.then(({ cause, places }) => {
    ready.reject(new Error(`it ended with ${cause} ${places.join('\n')}`))
  })
  try {
    await ready.promise
  } catch (error) {
    await isolated.kill()
    throw new Error('a render process did not become ready', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves with the status, or the signal; `failed` where it could not be started at all. */
function endOf(child: ChildProcess): Promise<string> {
  const ended = Promise.withResolvers<string>()
  child.once('exit', (status, signal) => ended.resolve(signal ?? `status ${status ?? 'unknown'}`))
  child.once('error', () => ended.resolve('failed'))
  return ended.promise
}

function collect({ stderr }: ChildProcess) {
  let text = ''
  stderr?.setEncoding('latin1').on('data', (chunk: string) => {
    text = (text + chunk).slice(-errorTextMax)
  })
  return () => text
}
