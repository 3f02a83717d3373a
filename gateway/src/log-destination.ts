import type { Metrics } from '@atrium/platform/telemetry/metrics.ts'
import pino from 'pino'

/** Lines are gathered up to this, and written at the latest after so long. */
const gatheredBytes = 32 * 1024
const writtenBytesMax = 64 * 1024
const gatheredMs = 250

/** What waits for a slow reader of standard output; further lines are dropped and counted. */
const waitingBytesMax = 16 * 1024 * 1024

/**
 * Standard output for log lines, a write for many of them: one for each would cost more than the
 * line. What is gathered is written when the process ends, by itself, by a signal or by a crash.
 */
export function createLogDestination(metrics: Metrics) {
  const dropped = metrics.counter({
    name: 'log_lines_dropped_total',
    help: 'Lines that standard output did not take in time.',
  })
  const destination = pino.destination({
    sync: false,
    minLength: gatheredBytes,
    maxWrite: writtenBytesMax,
    periodicFlush: gatheredMs,
    maxLength: waitingBytesMax,
  })
  destination.on('drop', () => dropped.inc())
  return destination
}
