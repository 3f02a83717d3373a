import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { definitionOf, upcast } from '@atrium/contracts/catalog.ts'
import type { Recorded } from '@atrium/contracts/cloud-event.ts'
import type { Logger } from 'pino'
import type { Database } from '../database/database.ts'
import type { DomainEvent } from '../decider/decider.ts'
import { StoreUnavailable } from '../event-store/port.ts'
import { scrubText } from '../telemetry/scrub.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import type { Poison } from './intake.ts'
import type { ReactedEvent, ReactionDefinition } from './reaction.ts'
import { createSettlement, type Outcome } from './settlement.ts'
import type { Wakeups } from './wakeups.ts'

export interface WorkerOptions<Deps> {
  readonly database: Pick<Database, 'owner'>
  readonly definitions: readonly ReactionDefinition<DomainEvent, Deps>[]
  readonly deps: Deps
  readonly wakeups: Wakeups
  readonly logger: Logger
  readonly tracing?: Tracing | undefined
  /** Aggregates that this process works on at once. */
  readonly concurrency: number
  onHandled(reaction: string, outcome: Outcome['status'], seconds: number): void
}

export interface Worker {
  start(): void
  /** Takes nothing new; what is under way gets the limit to end, then its signal. */
  close(): Promise<void>
}

/** For a lease or a back-off of a process that died; all else is told. */
const safetyPollMs = 2_000
/** How long an aggregate stays with a process that died. */
const leaseMs = 6_000
const renewEveryMs = 2_000
const closeLimitMs = 5_000
const databaseRetryMs = 1_000
const backOffFirstMs = 250
const backOffLongestMs = 120_000
/**
 * Neither a store that is away nor a process that is too old is a fault of the event: no attempt.
 */
const outageRetryMs = 1_000
const notYetKnownRetryMs = 5_000
const faultLengthMax = 500

interface Leased {
  readonly reaction: string
  readonly event_id: string
  readonly stream: string
  readonly event: Recorded | Poison
  readonly attempts: number
}

/**
 * Takes the oldest row of an aggregate, one at a time per aggregate among all processes, and lets
 * its reaction handle it. A reaction that goes on after its signal may overlap with its next
 * attempt: the ids of its commands make that harmless.
 */
export function createWorker<Deps>(options: WorkerOptions<Deps>): Worker {
  const { database, definitions, deps, wakeups, logger, tracing, concurrency, onHandled } = options
  const byName = new Map(definitions.map((definition) => [definition.name, definition]))
  const settlement = createSettlement(database, logger)
  const underWay = new Map<Promise<void>, { readonly row: Leased; readonly lease: string }>()
  const stopping = new AbortController()
  const ending = new AbortController()
  let working: Promise<void> | undefined
  let renewing: Promise<void> | undefined

  async function work() {
    while (!stopping.signal.aborted) {
      const seen = wakeups.count()
      const free = concurrency - underWay.size
      let leased: readonly Leased[] = []
      const lease = randomUUID()
      try {
        if (free > 0) leased = await leaseLanes(lease, free)
      } catch (error) {
        logger.warn({ err: error }, 'the inbox cannot be read')
        await delay(databaseRetryMs * (0.5 + Math.random()))
        continue
      }
      for (const row of leased) begin(row, lease)
      if (leased.length === 0) await wakeups.after(seen, safetyPollMs)
    }
  }

  async function leaseLanes(lease: string, limit: number) {
    const { rows } = await database.owner.query<Leased>(
      'select * from platform.lease_lanes($1, $2, $3, $4)',
      [definitions.map(({ name }) => name), lease, leaseMs, limit],
    )
    return rows
  }

  function begin(row: Leased, lease: string) {
    const handled = handle(row, lease).finally(() => {
      underWay.delete(handled)
      wakeups.wake()
    })
    underWay.set(handled, { row, lease })
  }

  /** A lost lease is no fault here: `settle` ignores the outcome of one that another took over. */
  async function renew() {
    while (!ending.signal.aborted) {
      const { signal } = ending
      await delay(renewEveryMs, undefined, { signal }).catch(() => undefined)
      const held = [...underWay.values()]
      if (held.length === 0) continue
      await database.owner
        .query('select platform.renew_leases($1, $2, $3, $4)', [
          held.map(({ row }) => row.reaction),
          held.map(({ row }) => row.stream),
          held.map(({ lease }) => lease),
          leaseMs,
        ])
        .catch((error: unknown) => logger.warn({ err: error }, 'leases were not renewed'))
    }
  }

  async function handle(row: Leased, lease: string) {
    const definition = byName.get(row.reaction)
    if (!definition) return
    const startedAt = performance.now()
    const { reaction, stream, event_id, attempts } = row
    const base = { reaction, stream, event_id, lease, attempts }
    let outcome: Outcome
    try {
      const written = await react(definition, row)
      outcome = { ...base, status: 'done', ...(written ? { written_position: written } : {}) }
    } catch (error) {
      const after = ending.signal.aborted
        ? ({ status: 'open', delay_ms: 0, attempts } as const)
        : afterFailure(error, attempts, definition.attemptsMax)
      outcome = { ...base, ...after, fault: faultOf(error) }
      const fields = { err: error, reaction, stream, eventId: event_id, attempts: after.attempts }
      if (after.status === 'parked') logger.error(fields, 'an event is parked')
      else logger.warn(fields, 'a reaction failed and will be tried again')
    }
    await settlement.settle(outcome)
    if (outcome.delay_ms) setTimeout(wakeups.wake, outcome.delay_ms).unref()
    onHandled(reaction, outcome.status, (performance.now() - startedAt) / 1000)
  }

  async function react(definition: ReactionDefinition<DomainEvent, Deps>, row: Leased) {
    const event = newest(row)
    const { traceparent } = event.metadata
    const span = tracing?.start(`react ${definition.name}`, {
      kind: 'consumer',
      parent: traceparent,
      attributes: { 'atrium.event.id': event.id, 'atrium.event.type': event.type },
    })
    const metadata = span?.traceparent
      ? { ...event.metadata, traceparent: span.traceparent }
      : event.metadata
    const limit = limitOf(definition.timeoutMs, ending.signal)
    try {
      const reacting = definition.react({ ...event, metadata }, deps, limit.signal)
      const written = await Promise.race([reacting, limit.passed])
      span?.end()
      return written?.position
    } catch (error) {
      span?.end(error)
      throw error
    } finally {
      limit.clear()
    }
  }

  return {
    start() {
      working ??= work()
      renewing ??= renew()
    },
    async close() {
      stopping.abort()
      wakeups.wake()
      await working
      const reason = new Error('the process is closing')
      const timer = setTimeout(() => ending.abort(reason), closeLimitMs)
      while (underWay.size > 0) await Promise.all(underWay.keys())
      clearTimeout(timer)
      ending.abort(reason)
      await renewing
    },
  }
}

/** A process of a newer version wrote it, and one will come that knows it. */
export class NotYetKnown extends Error {
  override readonly name = 'NotYetKnown'
}

/** The message is not one of ours: no attempt can mend that. */
class NotOurs extends Error {
  override readonly name = 'NotOurs'
}

function newest({ event, reaction }: Leased): ReactedEvent<DomainEvent> {
  if ('poison' in event) {
    const { subject, sequence, reason } = event.poison
    throw new NotOurs(`message ${sequence} on ${subject}: ${reason}`)
  }
  const context = event.stream.slice(0, event.stream.indexOf('.'))
  const definition = definitionOf(context, event.type)
  const { schemaVersion } = event.metadata
  if (!definition || schemaVersion > definition.version) {
    throw new NotYetKnown(`${event.type} in version ${schemaVersion} is newer than this process`)
  }
  return { ...event, reaction, data: upcast(definition, schemaVersion, event.data) }
}

/** What happens to a row whose reaction threw. */
export function afterFailure(
  error: unknown,
  attemptsBefore: number,
  attemptsMax: number,
  random: () => number = Math.random,
): Pick<Outcome, 'status' | 'attempts' | 'delay_ms'> {
  const jitter = 0.5 + random() / 2
  const waitsMs =
    error instanceof StoreUnavailable
      ? outageRetryMs
      : error instanceof NotYetKnown
        ? notYetKnownRetryMs
        : undefined
  if (waitsMs !== undefined) {
    return { status: 'open', attempts: attemptsBefore, delay_ms: Math.round(waitsMs * jitter) }
  }
  const attempts = attemptsBefore + 1
  if (error instanceof NotOurs || attempts >= attemptsMax) return { status: 'parked', attempts }
  const backOffMs = Math.min(backOffFirstMs * 2 ** attemptsBefore, backOffLongestMs)
  return { status: 'open', attempts, delay_ms: Math.round(backOffMs * jitter) }
}

const faultOf = (error: unknown) => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return scrubText(text)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, faultLengthMax)
}

/** A signal that ends after the time or with the process, and a promise that rejects with it. */
function limitOf(timeoutMs: number, ending: AbortSignal) {
  const timeout = new AbortController()
  const timer = setTimeout(
    () => timeout.abort(new Error(`not done within ${timeoutMs} ms`)),
    timeoutMs,
  )
  const signal = AbortSignal.any([timeout.signal, ending])
  const passed = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  passed.catch(() => undefined) // nobody may be waiting any more
  return { signal, passed, clear: () => clearTimeout(timer) }
}
