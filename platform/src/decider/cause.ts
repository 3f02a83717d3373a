import type { Recorded } from '@atrium/contracts/cloud-event.ts'
import type { Actor, EventMetadata } from '@atrium/contracts/metadata.ts'
import { derivedCommandId } from '../identifier.ts'

/** Who wants a command, why, and as part of what: the metadata of the events that it writes. */
export interface Cause {
  readonly tenant: string
  readonly actor: Actor
  readonly sessionId?: string
  readonly correlationId: string
  readonly causationId?: string
  readonly commandId: string
  readonly traceparent?: string
  /**
   * The command may have run before (a redelivered event, a repeated request): its events are
   * looked for in the whole stream before anything is decided.
   */
  readonly mayRepeat?: boolean
}

/**
 * The cause of a command that a reaction issues. Its id derives from the event, the reaction and,
 * where one event leads to several commands, a word for this one: a redelivery finds its own
 * events.
 */
export function causedBy(
  event: Recorded & { readonly reaction: string },
  service: string,
  word = '',
): Cause {
  const { metadata } = event
  return {
    tenant: metadata.tenant,
    actor: { ...metadata.actor, service },
    correlationId: metadata.correlationId,
    causationId: event.id,
    commandId: derivedCommandId(event.id, event.reaction, word),
    mayRepeat: true,
    ...(metadata.sessionId === undefined ? {} : { sessionId: metadata.sessionId }),
    ...(metadata.traceparent === undefined ? {} : { traceparent: metadata.traceparent }),
  }
}

/** The metadata of an event of this cause. */
export function metadataOf(cause: Cause, schemaVersion: number): EventMetadata {
  return {
    tenant: cause.tenant,
    actor: cause.actor,
    correlationId: cause.correlationId,
    commandId: cause.commandId,
    schemaVersion,
    ...(cause.sessionId === undefined ? {} : { sessionId: cause.sessionId }),
    ...(cause.causationId === undefined ? {} : { causationId: cause.causationId }),
    ...(cause.traceparent === undefined ? {} : { traceparent: cause.traceparent }),
  }
}

/**
 * The cause of one of several commands that a single request issues: its command id derives from
 * the request's and a word, so that the events of two streams never share an id.
 */
export const partOf = (cause: Cause, word: string): Cause => ({
  ...cause,
  commandId: derivedCommandId(cause.commandId, word),
})
