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
 * A line and a measurement for each answered request. The lines look as the logger's do, but are
 * made here and not scrubbed: there is nothing to hide in them, and either would cost more than all
 * the rest of the line.
 */
export function createAccessLog(options: {
  readonly level: Level | 'silent'
  readonly metrics: Metrics
  readonly destination: DestinationStream
}): AccessLog {
  const { level, metrics, destination } = options
  const isLogged = pino({ level }).isLevelEnabled('info')
  const isoTime = createIsoTime()
  const seconds = metrics.histogram({
    name: 'http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labels: ['method', 'route', 'status'],
  })
  // As many as the metric itself holds: routes are patterns, and methods those that node knows.
  const measured = new Map<string, ReturnType<typeof seconds.labels>>()
  const secondsOf = ({ method, route, status }: Visit) => {
    const key = `${method} ${status} ${route}`
    const known = measured.get(key)
    if (known) return known
    const fresh = seconds.labels(method, route, String(status))
    measured.set(key, fresh)
    return fresh
  }
  const record = (visit: Visit) => {
    secondsOf(visit).observe(visit.durationMs / 1_000)
    if (!isLogged) return
    const begin = { level: 'info', time: isoTime(), service: 'gateway' }
    destination.write(`${JSON.stringify({ ...begin, ...visit, message: 'request' })}\n`)
  }
  let noted: Visit[] = []
  const recordAll = () => {
    const visits = noted
    noted = []
    for (const visit of visits) record(visit)
  }
  return {
    // All of one turn together: one by one, between the work on two requests, each costs twice as
    // much. A process that crashes loses those of its last turn.
    note(visit) {
      if (noted.push(visit) === 1) setImmediate(recordAll)
    },
  }
}

/** The time, without a Date for each of the lines of one millisecond. */
function createIsoTime() {
  let at = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== at) {
      at = now
      text = new Date(now).toISOString()
    }
    return text
  }
}
