import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import type { Logger } from 'pino'
import type { Database } from './database.ts'

export interface Leadership {
  /** Gives up the lock when the work under it has ended, within the limit. */
  close(): Promise<void>
}

export interface LeadershipOptions {
  readonly database: Pick<Database, 'connect'>
  /** One leader per name and database. */
  readonly name: string
  readonly logger: Logger
  /**
   * What the leader does until its signal ends it. If it ends by itself, leadership is given up,
   * and sought again only after others had their chance.
   */
  lead(signal: AbortSignal): Promise<void>
}

const retryMs = 500
const standBackMs = 5_000
const heartbeatMs = 2_000
const answerLimitMs = 2_000

/**
 * One leader among all processes, by a session lock on a connection that serves nothing else. A
 * lost connection ends the signal at once; another process may then lead already while this one's
 * last writes are under way, so what a leader writes must be fenced by itself.
 */
export function createLeadership({ database, name, logger, lead }: LeadershipOptions): Leadership {
  const closing = new AbortController()
  const running = seek()

  async function seek() {
    while (!closing.signal.aborted) {
      let pauseMs = retryMs
      try {
        await serve(() => (pauseMs = standBackMs))
      } catch (error) {
        if (!closing.signal.aborted) logger.warn({ err: error, leader: name }, 'leadership ended')
      }
      const { signal } = closing
      await delay(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined)
    }
  }

  /** One connection's life: waits for the lock, leads while it is held. */
  async function serve(onStoodBack: () => void) {
    const client = await database.connect(`leader ${name}`, closing.signal)
    const held = new AbortController()
    const onLost = (error?: Error) => held.abort(error ?? new Error('the connection has ended'))
    client.on('error', onLost)
    client.on('end', () => onLost())
    const signal = AbortSignal.any([held.signal, closing.signal])
    try {
      while (!(await withinLimit(tryLock(client, name), signal))) {
        await delay(retryMs, undefined, { signal })
      }
      logger.info({ leader: name }, 'leads')
      const heart = beat(client, signal, onLost)
      try {
        await lead(signal)
      } finally {
        if (!signal.aborted) onStoodBack()
        held.abort(new Error('no longer leading'))
        await heart
      }
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  return {
    async close() {
      closing.abort(new Error('closing'))
      await running
    },
  }
}

/** A server that died without a word answers nothing, for a quarter of an hour. */
async function withinLimit<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  const limit = new AbortController()
  const overrun = async () => {
    await delay(answerLimitMs, undefined, { signal: AbortSignal.any([signal, limit.signal]) })
    throw new Error('the connection is dead')
  }
  try {
    return await Promise.race([answer, overrun()])
  } finally {
    limit.abort()
  }
}

async function tryLock(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0)) as held',
    [`leader ${name}`],
  )
  return rows[0]?.held === true
}

/** Notices a connection that died without a word. */
async function beat(client: Client, signal: AbortSignal, onLost: (error: Error) => void) {
  while (!signal.aborted) {
    await delay(heartbeatMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const answered = client.query('select 1').then(
      () => true,
      () => false,
    )
    const inTime = delay(answerLimitMs, false, { signal }).catch(() => true)
    if (!(await Promise.race([answered, inTime]))) onLost(new Error('the connection is dead'))
  }
}
