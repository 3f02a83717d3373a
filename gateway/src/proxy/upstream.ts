import { Pool, type Dispatcher } from 'undici'

/** Limits of the way to a service, times in milliseconds. */
export interface UpstreamLimits {
  readonly connectionsMax: number
  /** Requests on their way to one service at once; above it they are refused with 503. */
  readonly requestsInFlightMax: number
  readonly connectTimeoutMs: number
  readonly headersTimeoutMs: number
  /** Between two pieces of an answer's body. */
  readonly bodyTimeoutMs: number
  /**
   * Shorter than the services' own, so that they never close a connection that is just being used.
   */
  readonly keepAliveTimeoutMs: number
}

export const defaultUpstreamLimits: UpstreamLimits = {
  connectionsMax: 128,
  requestsInFlightMax: 2_048,
  connectTimeoutMs: 2_000,
  headersTimeoutMs: 30_000,
  bodyTimeoutMs: 30_000,
  keepAliveTimeoutMs: 4_000,
}

/** One service behind the gateway. */
export interface Upstream {
  readonly name: string
  readonly limits: UpstreamLimits
  readonly dispatcher: Dispatcher
  /** Requests on their way now. */
  inFlight: number
  close(): Promise<void>
}

export function createUpstream(
  name: string,
  baseUrl: string,
  limits: UpstreamLimits = defaultUpstreamLimits,
): Upstream {
  const dispatcher = new Pool(baseUrl, {
    connections: limits.connectionsMax,
    pipelining: 1,
    connect: { timeout: limits.connectTimeoutMs },
    headersTimeout: limits.headersTimeoutMs,
    bodyTimeout: limits.bodyTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    keepAliveMaxTimeout: limits.keepAliveTimeoutMs,
  })
  return { name, limits, dispatcher, inFlight: 0, close: () => dispatcher.destroy() }
}
