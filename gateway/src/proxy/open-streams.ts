import { Rejection } from '@atrium/platform/rejection.ts'

/** Streams that one person, or one address without a person, may have open at once. */
const openPerPayerMax = 128

/** Sessions are asked about as well as told of: where NATS is away, nobody tells. */
const askEveryMs = 15_000

export interface StreamOwner {
  /** Whom it is counted for. */
  readonly payer: string
  readonly sessionId: string | undefined
}

/** As much of a response as is needed to watch and to end it. */
export interface Passing {
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

export interface SessionEnds {
  isRevoked(sessionId: string): boolean | Promise<boolean>
  onRevoked(listener: (sessionId: string) => void): () => void
}

/**
 * Uploads, downloads and streams of events on their way: so many for each, and none for a session
 * that has ended, however long they last.
 */
export function createOpenStreams(sessions: SessionEnds) {
  const counts = new Map<string, number>()
  const bySession = new Map<string, Set<Passing>>()

  function cut(sessionId: string) {
    for (const response of bySession.get(sessionId) ?? []) response.destroy()
  }
  const stopListening = sessions.onRevoked(cut)
  const asking = setInterval(() => {
    for (const sessionId of bySession.keys()) {
      Promise.resolve(sessions.isRevoked(sessionId)).then(
        (revoked) => revoked && cut(sessionId),
        () => undefined, // nobody can be asked just now; it is asked again
      )
    }
  }, askEveryMs)
  asking.unref()

  function forget({ payer, sessionId }: StreamOwner, response: Passing) {
    const left = (counts.get(payer) ?? 1) - 1
    if (left > 0) counts.set(payer, left)
    else counts.delete(payer)
    if (sessionId === undefined) return
    const responses = bySession.get(sessionId)
    responses?.delete(response)
    if (responses?.size === 0) bySession.delete(sessionId)
  }

  return {
    /** Throws `rate-limited` where too many are open. It is over when the response closes. */
    begin(owner: StreamOwner, response: Passing): void {
      const { payer, sessionId } = owner
      const open = counts.get(payer) ?? 0
      if (open >= openPerPayerMax) throw tooMany()
      counts.set(payer, open + 1)
      if (sessionId !== undefined) {
        bySession.set(sessionId, (bySession.get(sessionId) ?? new Set()).add(response))
      }
      response.once('close', () => forget(owner, response))
    },
    close() {
      clearInterval(asking)
      stopListening()
    },
  }
}

export type OpenStreams = ReturnType<typeof createOpenStreams>

const limit = 'streams-open'
const tooMany = () =>
  new Rejection('rate-limited', { limit, 'violated-policies': [limit], retryAfterSeconds: 1 })
