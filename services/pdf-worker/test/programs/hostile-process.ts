import { readFileSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import process, { cwd, env, kill, pid } from 'node:process'
import { serveTasks, TaskRefused, type TaskTools } from '../../src/isolation/serve-tasks.ts'

/** What a render must never be able to do, by the name of the deed; and a few that it may. */
const deeds: Readonly<Record<string, (tools: TaskTools, argument: string) => unknown>> = {
  write(tools, text) {
    tools.progress(1, 2)
    tools.write(Buffer.from(text))
    tools.progress(2, 2)
    return { pageCount: 2 }
  },
  refuse: () => {
    throw new TaskRefused({ errorCode: 'dead-links' })
  },
  loop: () => {
    for (let end = false; !end;) end = Math.random() > 1
  },
  fillHeap: () => {
    const kept: number[][] = []
    for (let end = false; !end;) {
      kept.push(Array.from({ length: 10_000 }, (_, index) => index + kept.length))
      end = kept.length > 1e9
    }
  },
  fillMemory: async () => {
    const kept: Buffer[] = []
    for (let end = false; !end;) {
      kept.push(Buffer.alloc(4 * 1_048_576, kept.length))
      end = kept.length > 1e9
      await new Promise((resolve) => setImmediate(resolve))
    }
  },
  writeForEver: (tools) => {
    const bytes = Buffer.alloc(65_536, 'x')
    for (let end = false; !end;) {
      tools.write(bytes)
      end = bytes.length === 0
    }
  },
  tellPages: (tools, pages) => tools.progress(1, Number(pages)),
  throw: () => {
    throw new Error('a fault of the program')
  },
  exit: (_, signal) => kill(pid, signal),
  babble: () => process.send?.({ type: 'done', sizeBytes: 'many' }),
  wait: () => new Promise(() => {}),
  lie: (_, sizeBytes) => {
    process.send?.({ type: 'done', sizeBytes: Number(sizeBytes), value: null })
    return new Promise(() => {})
  },
  environment: () => ({ ...env }),
  pid: () => pid,
  folder: () => cwd(),
  keepFile: () => writeFileSync('mine', 'ok'),
  read: (_, path) => attempt(() => readFileSync(path, 'utf8')),
  writeFile: (_, path) => attempt(() => writeFileSync(path, 'x')),
  run: (_, program) => attempt(() => execFileSync(program)),
  connect: (_, port) =>
    new Promise((resolve) => {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('connect', () => resolve('connected'))
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    }),
}

function attempt(deed: () => unknown): unknown {
  try {
    deed()
    return 'done'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

serveTasks(async (task, tools) => {
  const { deed, argument } = task as { deed: string; argument: string }
  return deeds[deed]?.(tools, argument)
})
