import { isPublic } from '@atrium/contracts/catalog.ts'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { Context } from '@atrium/contracts/context.ts'
import type { EventStore, RecordedEvent } from '../event-store/port.ts'
import { eventIdOf } from '../identifier.ts'
import type { Cause } from './cause.ts'
import type { Folded } from './states.ts'

/** Whether a command's events may be among those of its stream, as far as it is known. */
export const mayBeWritten = ({ version, ids }: Folded<unknown>, { commandId, mayRepeat }: Cause) =>
  ids.indexOf(eventIdOf(commandId, 0)) !== -1 || (mayRepeat === true && ids.length < version)

/**
 * The events of a command that ran before, or undefined. The ids at hand are always looked at: a
 * run that lost its lease does not know that another one repeats its command. The whole stream is
 * only read for a command that may have run long ago.
 */
export async function findEarlier(
  store: EventStore,
  stream: string,
  folded: Folded<unknown>,
  cause: Cause,
): Promise<readonly RecordedEvent[] | undefined> {
  if (!mayBeWritten(folded, cause)) return undefined
  const { version, ids } = folded
  const { commandId } = cause
  const index = ids.indexOf(eventIdOf(commandId, 0))
  const from = index === -1 ? 0 : version - ids.length + index
  const found: RecordedEvent[] = []
  for await (const recorded of store.readStream(stream, { from })) {
    if (recorded.id === eventIdOf(commandId, found.length)) found.push(recorded)
    else if (found.length > 0) break
  }
  return found.length > 0 ? found : undefined
}

/** Where events that were read lie, for a consistency token. */
export function pointOf(context: Context, events: readonly RecordedEvent[]): ConsistencyPoint {
  const last = events.at(-1)
  const lastPublic = events.findLast(({ type }) => isPublic(context, type))
  return {
    ...(last ? { position: last.position } : {}),
    ...(lastPublic ? { publicPosition: lastPublic.position } : {}),
  }
}

/**
 * Where an append's last public event lies. The store tells the position of an append's last event
 * alone, so one that is followed by private events is read back.
 */
export async function publicPointOf(
  store: EventStore,
  stream: string,
  appended: { readonly revision: number; readonly position: number },
  events: { readonly count: number; readonly lastPublic: number },
): Promise<ConsistencyPoint> {
  if (events.lastPublic === -1) return {}
  const behind = events.count - 1 - events.lastPublic
  if (behind === 0) return { publicPosition: appended.position }
  const from = appended.revision - behind
  for await (const recorded of store.readStream(stream, { from, limit: 1 })) {
    return { publicPosition: recorded.position }
  }
  throw new Error(`${stream} lacks revision ${from}, which was just written`)
}
