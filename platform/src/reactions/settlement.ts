import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Database } from '../database/database.ts'

/** What became of one leased row; the names are those that the SQL function `settle` reads. */
export interface Outcome {
  readonly reaction: string
  readonly stream: string
  readonly event_id: string
  readonly lease: string | null
  readonly status: 'open' | 'parked' | 'done' | 'dropped'
  readonly attempts: number
  /** Of `open`: when it is due again. */
  readonly delay_ms?: number
  readonly fault?: string
  readonly written_position?: number
  readonly written_public_position?: number
}

/** Notes outcomes, those that gather while one statement is under way together in the next. */
export interface Settlement {
  /**
   * Resolves when the outcome is noted, or when that was given up: then its lease runs out and the
   * row is handled again.
   */
  settle(outcome: Outcome): Promise<void>
}

const attemptsMax = 5
const retryMs = 200

export function createSettlement({ owner }: Pick<Database, 'owner'>, logger: Logger): Settlement {
  let gathered: { readonly outcome: Outcome; readonly noted: () => void }[] = []
  let flushing = false

  async function note(outcomes: readonly Outcome[]) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await owner.query('select platform.settle($1)', [JSON.stringify(outcomes)])
        return
      } catch (error) {
        if (attempt === attemptsMax) {
          logger.error({ err: error }, 'outcomes of reactions were not noted; they will run again')
          return
        }
        await delay(retryMs * attempt)
      }
    }
  }

  async function flush() {
    flushing = true
    while (gathered.length > 0) {
      const group = gathered
      gathered = []
      await note(group.map(({ outcome }) => outcome))
      for (const { noted } of group) noted()
    }
    flushing = false
  }

  return {
    settle(outcome) {
      const noted = Promise.withResolvers<void>()
      gathered.push({ outcome, noted: noted.resolve })
      if (!flushing) void flush()
      return noted.promise
    },
  }
}
