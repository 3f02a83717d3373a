import type { Metrics } from '@atrium/platform/telemetry/metrics.ts'
import pino, { type DestinationStream, type Level } from 'pino'

/** One answered request, in words of our own alone: nothing in it came from the client as it is. */
export interface Visit {
  readonly method: string
  /** The route's pattern, never the address itself. */
  readonly route: string
  readonly status: number
  readonly durationMs: number
  readonly correlationId: string
  readonly tenant?: string | undefined
  readonly userId?: string | undefined
}

export interface AccessLog {
  note(visit: Visit): void
}

/**
 * A line and a measurement for each answered request. The lines are not scrubbed as all others are,
 * because there is nothing to hide in them and scrubbing costs more than the rest of the line.
 */
export function createAccessLog(options: {
  readonly level: Level | 'silent'
  readonly metrics: Metrics
  readonly destination?: DestinationStream | undefined
}): AccessLog {
  const { level, metrics, destination } = options
  const logger = pino(
    {
      level,
      base: { service: 'gateway' },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
    },
    ...(destination ? [destination] : []),
  )
  const seconds = metrics.histogram({
    name: 'http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labels: ['method', 'route', 'status'],
  })
  return {
    note(visit) {
      const { method, route, status, durationMs } = visit
      seconds.labels(method, route, String(status)).observe(durationMs / 1_000)
      logger.info(visit, 'request')
    },
  }
}
