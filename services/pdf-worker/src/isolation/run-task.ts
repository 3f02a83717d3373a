import { PassThrough, type Readable } from 'node:stream'
import type { LimitHit } from '@atrium/contracts/pdf/schema.ts'
import type { TaskLimits, TaskOutcome } from './protocol.ts'
import { residentBytesOf } from './resident-memory.ts'
import type { IsolatedProcess } from './start-process.ts'

export interface TaskOptions {
  readonly task: unknown
  readonly limits: TaskLimits
  /**
   * Takes the bytes of the result as they come; where it fails, the task is ended and `runTask`
   * throws what it threw. Bytes of a task that is not `done` are worth nothing.
   */
  readonly consume: (output: Readable) => Promise<void>
  readonly onProgress?: (page: number, pages: number) => void
  readonly signal: AbortSignal
}

/** How often memory is looked at: what a process can take in between is beyond the limit. */
const lookEveryMs = 40

/**
 * Lets the process do one task, within limits that are all watched from here. Whatever ends it but
 * `done` and `refused` leaves the process killed. Throws only what `consume` throws.
 */
export async function runTask(
  isolated: IsolatedProcess,
  options: TaskOptions,
): Promise<TaskOutcome> {
  const { task, limits, consume, signal } = options
  const settled = Promise.withResolvers<TaskOutcome>()
  const output = readOutput(isolated, limits, (hit) => settled.resolve({ status: 'limit', hit }))
  const consumed = consume(output.stream)
  consumed.catch((error: unknown) => settled.reject(error))
  const memory = watchMemory(isolated, limits, (hit) => settled.resolve({ status: 'limit', hit }))
  const startedAt = performance.now()
  const timer = setTimeout(() => {
    settled.resolve({ status: 'limit', hit: timeHit(limits, performance.now() - startedAt) })
  }, limits.timeoutMs)
  const abort = () => settled.resolve({ status: 'aborted' })
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()

  listen(isolated, options, output, settled)
  void isolated.ended.then(({ cause, isOutOfMemory, places }) => {
    const hit = memoryHit(limits, memory.peakBytes())
    const at = places.length > 0 ? ` ${places[0]?.trim()}` : ''
    settled.resolve(
      isOutOfMemory ? { status: 'limit', hit } : { status: 'crashed', cause: `${cause}${at}` },
    )
  })
  isolated.send(task)

  try {
    const outcome = await settled.promise
    if (outcome.status !== 'done') return outcome
    await consumed
    return outcome
  } finally {
    clearTimeout(timer)
    memory.stop()
    signal.removeEventListener('abort', abort)
    output.stop()
    isolated.listen(() => {})
  }
}

/** Turns what the process says into the outcome. */
function listen(
  isolated: IsolatedProcess,
  { limits, onProgress }: TaskOptions,
  output: Output,
  settled: PromiseWithResolvers<TaskOutcome>,
) {
  isolated.listen((message) => {
    switch (message.type) {
      case 'ready':
        return
      case 'progress': {
        const { page, pages } = message
        const most = Math.max(page, pages)
        if (most > limits.pagesMax) {
          const { pagesMax: limit } = limits
          const hit = { setting: 'MAX_PDF_PAGES', limit, value: most, unit: 'pages' } as const
          return settled.resolve({ status: 'limit', hit })
        }
        return onProgress?.(page, pages)
      }
      case 'refused':
        return settled.resolve({ status: 'refused', reason: message.reason })
      case 'done': {
        const { sizeBytes, value } = message
        output.endAt(sizeBytes, () => settled.resolve({ status: 'done', sizeBytes, value }))
      }
    }
  })
}

type Output = ReturnType<typeof readOutput>

/** The bytes of one task out of the pipe that all tasks of the process share. */
function readOutput(
  { output }: IsolatedProcess,
  { outputBytesMax: limit }: TaskLimits,
  onLimit: (hit: LimitHit) => void,
) {
  const stream = new PassThrough()
  stream.on('error', () => {}) // who consumes it learns it too
  let receivedBytes = 0
  let ending: { readonly sizeBytes: number; readonly done: () => void } | undefined

  const endWhenWhole = () => {
    if (!ending || receivedBytes < ending.sizeBytes) return
    stream.end()
    ending.done()
  }
  const take = (chunk: Buffer) => {
    receivedBytes += chunk.length
    if (receivedBytes > limit) {
      onLimit({ setting: 'MAX_PDF_SIZE_MB', limit, value: receivedBytes, unit: 'bytes' })
      return
    }
    if (!stream.write(chunk)) output.pause()
    endWhenWhole()
  }
  const goOn = () => output.resume()
  output.on('data', take)
  stream.on('drain', goOn)
  output.resume()

  return {
    stream,
    /** The pipe may be behind the word that all of it was sent. */
    endAt(sizeBytes: number, done: () => void) {
      ending = { sizeBytes, done }
      endWhenWhole()
    },
    stop() {
      output.off('data', take)
      output.pause()
      if (!stream.writableEnded) stream.destroy(new Error('the render has ended early'))
    },
  }
}

function watchMemory(
  { pid }: IsolatedProcess,
  limits: TaskLimits,
  onLimit: (hit: LimitHit) => void,
) {
  let peakBytes = 0
  let stopped = false
  const look = async () => {
    const bytes = (await residentBytesOf(pid)) ?? 0
    peakBytes = Math.max(peakBytes, bytes)
    if (bytes > limits.memoryBytesMax) onLimit(memoryHit(limits, bytes))
    if (!stopped) timer = setTimeout(() => void look(), lookEveryMs)
  }
  let timer = setTimeout(() => void look(), lookEveryMs)
  return {
    peakBytes: () => peakBytes,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

const memoryHit = ({ memoryBytesMax: limit }: TaskLimits, value: number): LimitHit => ({
  setting: 'MAX_PDF_MEMORY_MB',
  limit,
  value,
  unit: 'bytes',
})

const timeHit = ({ timeoutMs: limit }: TaskLimits, value: number): LimitHit => ({
  setting: 'PDF_TIMEOUT_SECONDS',
  limit,
  value: Math.ceil(value),
  unit: 'milliseconds',
})
