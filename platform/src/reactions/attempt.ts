import { definitionOf, upcast } from '@atrium/contracts/catalog.ts'
import type { Logger } from 'pino'
import type { DomainEvent } from '../decider/decider.ts'
import { StoreUnavailable } from '../event-store/port.ts'
import { scrubText } from '../telemetry/scrub.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import type { Leased } from './leases.ts'
import type { ReactedEvent, ReactionDefinition } from './reaction.ts'
import type { Outcome } from './settlement.ts'

/** What every attempt of a process is made with. */
export interface AttemptOptions<Deps> {
  readonly deps: Deps
  readonly logger: Logger
  readonly tracing?: Tracing | undefined
  /** Ends what is under way: the process waits no longer, which is no fault of the event. */
  readonly ending: AbortSignal
}

const backOffFirstMs = 250
const backOffLongestMs = 120_000
/**
 * Neither a store that is away nor a process that is too old is a fault of the event: no attempt.
 */
const outageRetryMs = 1_000
const notYetKnownRetryMs = 5_000
const faultLengthMax = 500

/**
 * Lets the reaction handle the row once, within its time, and says what became of it; what the
 * reaction throws is in the outcome. A reaction that goes on after its signal may overlap with its
 * next attempt: the ids of its commands make that harmless.
 */
export async function attempt<Deps>(
  definition: ReactionDefinition<DomainEvent, Deps>,
  row: Leased,
  options: AttemptOptions<Deps>,
): Promise<Outcome> {
  const { logger, ending } = options
  const { reaction, stream, event_id, lease, attempts } = row
  const base = { reaction, stream, event_id, lease, attempts }
  try {
    const { position, publicPosition } = (await react(definition, row, options)) ?? {}
    return {
      ...base,
      status: 'done',
      ...(position === undefined ? {} : { written_position: position }),
      ...(publicPosition === undefined ? {} : { written_public_position: publicPosition }),
    }
  } catch (error) {
    const after = ending.aborted
      ? ({ status: 'open', delay_ms: 0, attempts } as const)
      : afterFailure(error, attempts, definition.attemptsMax)
    const fields = { err: error, reaction, stream, eventId: event_id, attempts: after.attempts }
    if (after.status === 'parked') logger.error(fields, 'an event is parked')
    else logger.warn(fields, 'a reaction failed and will be tried again')
    return { ...base, ...after, fault: faultOf(error) }
  }
}

/** How far the reaction wrote, if at all, after a span of its own. */
async function react<Deps>(
  definition: ReactionDefinition<DomainEvent, Deps>,
  row: Leased,
  { deps, tracing, ending }: AttemptOptions<Deps>,
) {
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
  const limit = limitOf(definition.timeoutMs, ending)
  try {
    const reacting = definition.react({ ...event, metadata }, deps, limit.signal)
    const written = await Promise.race([reacting, limit.passed])
    span?.end()
    return written
  } catch (error) {
    span?.end(error)
    throw error
  } finally {
    limit.clear()
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
  const waitsMs = isOutage(error)
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

const isOutage = (error: unknown): boolean =>
  error instanceof AggregateError
    ? error.errors.length > 0 && error.errors.every(isOutage)
    : error instanceof StoreUnavailable

/** Of many faults how many there are, and the first. */
function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return `${error.errors.length} failed, the first by ${textOf(error.errors[0])}`
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

/** What an operator reads of it: one line, without secrets. */
export const faultOf = (error: unknown) => {
  const text = textOf(error)
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
