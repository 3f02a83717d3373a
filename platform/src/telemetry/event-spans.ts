import type { RecordedEvent } from '../event-store/port.ts'
import type { SpanOptions, Tracing } from './tracing.ts'

/**
 * A span for each event that is worked on together, in the trace that the event's cause began, so
 * that one trace goes on through streams, relay and projections. Returns how to end them, with an
 * error where the work failed. Where no span is exported nothing is made, and no metadata parsed.
 */
export function startEventSpans(
  tracing: Tracing | undefined,
  name: string,
  kind: SpanOptions['kind'] & string,
  events: readonly RecordedEvent[],
): (error?: unknown) => void {
  if (!tracing?.isExporting) return () => {}
  const spans = events.map(({ type, stream, position, metadata }) =>
    tracing.start(`${name} ${type}`, {
      kind,
      parent: metadata.traceparent,
      attributes: { 'atrium.stream': stream, 'atrium.position': position },
    }),
  )
  return (error) => {
    for (const span of spans) span.end(error)
  }
}
