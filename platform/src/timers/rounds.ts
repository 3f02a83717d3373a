import type { Logger } from '../telemetry/logger.ts'

export interface RoundsOptions {
  readonly name: string
  readonly intervalMs: number
  readonly logger: Logger
  /**
   * What one round did, to be logged; undefined for nothing. What it throws is logged too. May run
   * in several processes at the same time.
   */
  run(at: string): Promise<object | undefined>
}

export interface Rounds {
  start(): void
  /** Does not wait for the interval. Never two rounds at once. */
  soon(): void
  /** Waits for the round that is under way. */
  close(): Promise<void>
}

/** Runs a timer's rounds, one after the other. */
export function createRounds({ name, intervalMs, logger, run }: RoundsOptions): Rounds {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let again = false
  let started = false
  let closed = false

  async function round() {
    try {
      const done = await run(new Date().toISOString())
      if (done) logger.info({ timer: name, ...done }, 'a round of the timer')
    } catch (error) {
      logger.warn({ err: error, timer: name }, 'a round failed; the next one tries again')
    }
  }
  function begin() {
    clearTimeout(timer)
    again = false
    running = round().then(() => {
      running = undefined
      if (closed) return
      if (again) begin()
      else timer = setTimeout(begin, intervalMs)
    })
  }

  return {
    start() {
      started = true
      timer = setTimeout(begin, intervalMs)
    },
    soon() {
      if (!started || closed) return
      if (running) again = true
      else begin()
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
