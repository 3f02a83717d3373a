import { Type, type Static } from 'typebox'

/** Who caused an event: a person, an impersonator behind that person, or a service by itself. */
export const Actor = Type.Object(
  {
    userId: Type.Optional(Type.String()),
    impersonatorId: Type.Optional(Type.String()),
    service: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)
export type Actor = Static<typeof Actor>

/** What every event carries beside its data. */
export const EventMetadata = Type.Object(
  {
    tenant: Type.String(),
    actor: Actor,
    sessionId: Type.Optional(Type.String()),
    /** One id from the first request through every event that follows from it. */
    correlationId: Type.String(),
    /** The id of the event that caused this one; absent where a request did. */
    causationId: Type.Optional(Type.String()),
    commandId: Type.String(),
    /** W3C Trace Context, so that one trace runs from the click to the last reaction. */
    traceparent: Type.Optional(Type.String()),
    schemaVersion: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
)
export type EventMetadata = Static<typeof EventMetadata>
