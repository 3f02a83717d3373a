import { setTimeout as delay } from 'node:timers/promises'
import { StoreUnavailable } from '../event-store/port.ts'
import type { OnBehalfOf, ServiceTokens } from '../identity/service-tokens.ts'

/** Another context's documents and bytes, read over HTTP for a user, with that user's rights. */
export interface ServiceClient {
  /**
   * Resolves with the answer, also with a refusal (4xx): the caller decides what it means. A GET,
   * and a POST with an idempotency key, is repeated where the service does not answer or answers
   * 5xx; then, and at once for other methods, it throws StoreUnavailable. Throws NoSuchUser.
   */
  request(method: ServiceMethod, path: string, options: ServiceRequest): Promise<Response>
}

export type ServiceMethod = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface ServiceRequest extends OnBehalfOf {
  /** Of the command that this is part of. */
  readonly correlationId: string
  readonly traceparent?: string | undefined
  /** What the caller of the caller has seen: the answer is as fresh. */
  readonly consistencyToken?: string | undefined
  readonly idempotencyKey?: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as multipart/form-data, in place of `body`. */
  readonly form?: FormData
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface ServiceClientOptions {
  readonly baseUrl: string
  readonly tokens: ServiceTokens
  /** For the head of an answer; its body may take longer, until the signal ends it. */
  readonly timeoutMs?: number
}

const timeoutMsDefault = 10_000
const pausesMs = [100, 400, 1_200]

export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  const { baseUrl, tokens, timeoutMs = timeoutMsDefault } = options

  async function once(method: ServiceMethod, path: string, asked: ServiceRequest) {
    const token = await tokens.tokenFor(asked)
    const overrun = new AbortController()
    const timer = setTimeout(() => overrun.abort(), timeoutMs)
    try {
      const signals = [overrun.signal, ...(asked.signal ? [asked.signal] : [])]
      return await fetch(new URL(path, baseUrl), {
        method,
        headers: headersOf(asked, token),
        signal: AbortSignal.any(signals),
        redirect: 'error',
        ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
        ...(asked.form === undefined ? {} : { body: asked.form }),
      })
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async request(method, path, asked) {
      const isRepeatable = method === 'GET' || asked.idempotencyKey !== undefined
      const pauses = isRepeatable ? pausesMs : []
      let fault: unknown
      for (const pauseMs of [0, ...pauses]) {
        if (pauseMs > 0) await delay(pauseMs, undefined, asked.signal && { signal: asked.signal })
        try {
          const answer = await once(method, path, asked)
          if (answer.status < 500) return answer
          fault = new Error(`${path} answered ${answer.status}`)
          await answer.body?.cancel()
        } catch (error) {
          asked.signal?.throwIfAborted()
          if (!(error instanceof TypeError || isOverrun(error))) throw error
          fault = error // fetch tells a lost connection as a TypeError
        }
      }
      throw new StoreUnavailable(`${new URL(baseUrl).host} does not answer`, true, { cause: fault })
    },
  }
}

const isOverrun = (error: unknown) => error instanceof Error && error.name === 'AbortError'

function headersOf(asked: ServiceRequest, token: string): Record<string, string> {
  const { correlationId, traceparent, consistencyToken, idempotencyKey, body } = asked
  return {
    ...asked.headers,
    authorization: `Bearer ${token}`,
    'x-correlation-id': correlationId,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(consistencyToken === undefined ? {} : { 'consistency-token': consistencyToken }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }
}
