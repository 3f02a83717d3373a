import type { Metrics } from '@atrium/platform/telemetry/metrics.ts'
import pino, { type DestinationStream } from 'pino'

/** Lines are gathered up to this, and passed on at the latest after so long. */
const gatheredCharacters = 32 * 1024
const gatheredMs = 250

/** What waits for a slow reader of standard output; further lines are dropped and counted. */
const waitingBytesMax = 16 * 1024 * 1024

export interface LogDestination extends DestinationStream {
  /** Writes what is gathered, at once. */
  flushSync(): void
}

/**
 * Standard output for log lines, a write for many of them: one for each would cost more than the
 * line. They are gathered here because pino's destination measures all that it has gathered at each
 * line. What is gathered is written when the process ends, by itself, by a signal or by a crash.
 */
export function createLogDestination(metrics: Metrics): LogDestination {
  const dropped = metrics.counter({
    name: 'log_lines_dropped_total',
    help: 'Lines that standard output did not take in time.',
  })
  const destination = pino.destination({ sync: false, maxLength: waitingBytesMax })
  destination.on('drop', (lines: string) => dropped.inc(lines.split('\n').length - 1))
  let gathered = ''
  const passOn = () => {
    if (gathered !== '') destination.write(gathered)
    gathered = ''
  }
  setInterval(passOn, gatheredMs).unref()
  // Before the destination's own listeners, which write what it has then.
  process.prependOnceListener('beforeExit', passOn)
  process.prependOnceListener('exit', passOn)
  return {
    write(line) {
      gathered += line
      if (gathered.length >= gatheredCharacters) passOn()
    },
    flushSync() {
      passOn()
      destination.flushSync()
    },
  }
}
