import { writeSync } from 'node:fs'
import process from 'node:process'
import { outputDescriptor, type ProcessMessage, type TaskMessage } from './protocol.ts'

/** What a task is given to work with, inside the process. */
export interface TaskTools {
  /** Sends bytes of the result. Waits, without giving way, until the service has taken them. */
  write(bytes: Uint8Array): void
  progress(page: number, pages: number): void
}

/** The input is at fault. Thrown on to the service as it is. */
export class TaskRefused extends Error {
  override readonly name = 'TaskRefused'
  readonly reason: unknown

  constructor(reason: unknown) {
    super('the input is refused')
    this.reason = reason
  }
}

/**
 * Runs in a render process: says that it is ready, then does what the service gives it, one task
 * after the other. What `handle` throws ends the process, but for TaskRefused.
 */
export function serveTasks(handle: (task: unknown, tools: TaskTools) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit(0)) // the service has ended
  process.on('message', (message: TaskMessage) => void work(message.task))

  async function work(task: unknown): Promise<void> {
    let sizeBytes = 0
    const tools: TaskTools = {
      write(bytes) {
        sizeBytes += bytes.length
        for (let sent = 0; sent < bytes.length;) {
          sent += writeSync(outputDescriptor, bytes, sent)
        }
      },
      progress: (page, pages) => say({ type: 'progress', page, pages }),
    }
    try {
      const value = await handle(task, tools)
      say({ type: 'done', sizeBytes, value })
    } catch (error) {
      if (!(error instanceof TaskRefused)) throw error
      say({ type: 'refused', reason: error.reason })
    }
    // Nothing of a task is left when the next one comes, and memory stays where it is.
    setImmediate(() => globalThis.gc?.())
  }

  say({ type: 'ready' })
}

function say(message: ProcessMessage): void {
  process.send?.(message)
}
