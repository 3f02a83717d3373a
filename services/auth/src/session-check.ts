import type { Pool } from 'pg'
import { findEnded } from './projections/session-list/query.ts'

export interface SessionCheck {
  /** Whether the session has ended, as the database says. */
  isRevoked(sessionId: string): Promise<boolean>
}

/** Sessions asked about in one query; the rest is asked next. */
const batchMax = 500

/**
 * Asks the database, never a memory: while NATS is away every request of every gateway comes here.
 * Those that come while a query is under way go together in the next one.
 */
export function createSessionCheck(owner: Pick<Pool, 'query'>): SessionCheck {
  const waiting: { sessionId: string; answer: PromiseWithResolvers<boolean> }[] = []
  let asking = false

  async function askAll() {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchMax)
      try {
        const ended = await findEnded(owner, [...new Set(batch.map(({ sessionId }) => sessionId))])
        for (const { sessionId, answer } of batch) answer.resolve(ended.has(sessionId))
      } catch (error) {
        for (const { answer } of batch) answer.reject(error)
      }
    }
    asking = false
  }

  return {
    isRevoked(sessionId) {
      const answer = Promise.withResolvers<boolean>()
      waiting.push({ sessionId, answer })
      if (!asking) {
        asking = true
        queueMicrotask(() => void askAll())
      }
      return answer.promise
    },
  }
}
