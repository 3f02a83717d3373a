import type { Logger } from '@atrium/platform/telemetry/logger.ts'

export interface RoundsOptions {
  readonly intervalMs: number
  readonly logger: Logger
  /** Resolves with how much it did. May run in several processes at the same time. */
  readonly round: (at: string) => Promise<number>
  /** For the log: what was done, and what was not. */
  readonly did: string
  readonly didNot: string
}

/** Does a round every `intervalMs` from `start` on, one at a time; `close` waits for it. */
export function createRounds({ intervalMs, logger, round, did, didNot }: RoundsOptions) {
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  let closed = false

  async function run() {
    try {
      const count = await round(new Date().toISOString())
      if (count > 0) logger.info({ count }, did)
    } catch (error) {
      logger.warn({ err: error }, `${didNot}; the next round tries again`)
    }
  }
  const schedule = () => {
    timer = setTimeout(() => {
      running = run().then(() => {
        if (!closed) schedule()
      })
    }, intervalMs)
  }

  return {
    start: schedule,
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
