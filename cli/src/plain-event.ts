import type { RecordedEvent } from '@atrium/platform/event-store/port.ts'

/** An event as `--json` prints it. */
export type PlainEvent = ReturnType<typeof plainEvent>

export const plainEvent = (event: RecordedEvent, withData: boolean | undefined) => ({
  position: event.position,
  stream: event.stream,
  revision: event.revision,
  type: event.type,
  id: event.id,
  recordedAt: event.recordedAt,
  metadata: event.metadata,
  ...(withData ? { data: event.data } : {}),
})
