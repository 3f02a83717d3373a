import { Pool, type Dispatcher } from 'undici'

/** Limits of the way to a service, times in milliseconds. */
export interface UpstreamLimits {
  readonly connectionsMax: number
  /** Requests on their way to one service at once; above it they are refused with 503. */
  readonly requestsInFlightMax: number
  /** For a client's body to arrive, and for the next piece of one that is a stream. */
  readonly requestTimeoutMs: number
  readonly requestIdleTimeoutMs: number
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
  requestTimeoutMs: 60_000,
  requestIdleTimeoutMs: 30_000,
  connectTimeoutMs: 2_000,
  headersTimeoutMs: 30_000,
  bodyTimeoutMs: 30_000,
  keepAliveTimeoutMs: 4_000,
}

/**
 * Of streams: none waits for another's connection, and a service may take longer over the last
 * bytes of an upload.
 */
export const streamUpstreamLimits: UpstreamLimits = {
  ...defaultUpstreamLimits,
  connectionsMax: 1_024,
  requestsInFlightMax: 1_024,
  headersTimeoutMs: 60_000,
  bodyTimeoutMs: 60_000,
}

/** The two ways to one service. */
export interface Upstreams {
  readonly streams: Upstream
  readonly others: Upstream
}

/** One way to a service behind the gateway. */
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

/** Both ways to a service. */
export const createUpstreams = (name: string, baseUrl: string): Upstreams => ({
  streams: createUpstream(name, baseUrl, streamUpstreamLimits),
  others: createUpstream(name, baseUrl),
})
