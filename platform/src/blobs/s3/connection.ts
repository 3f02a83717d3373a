import {
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'minio'
import { isPassing, storeFailure } from './failure.ts'

export interface S3Options {
  /** `http://127.0.0.1:9000` */
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
  readonly bucket: string
  /** What every name in the bucket starts with, so that others can use it too. Default: nothing. */
  readonly folder?: string
  readonly region?: string
  /** Default: 4. */
  readonly attemptsMax?: number
  /** Before the second attempt; each further one waits four times as long. Default: 100. */
  readonly retryAfterMs?: number
  /** Without a byte from or to the server while it should send or take some. Default: 30,000. */
  readonly idleTimeoutMs?: number
}

export interface S3Connection {
  readonly client: Client
  readonly bucket: string
  /** Before every name: empty, or ending in a slash. */
  readonly folder: string
  readonly idleTimeoutMs: number
  /**
   * Runs calls that can be repeated, again where the server did not do them, until the limit. Then
   * throws BlobStoreUnavailable, and at once for what a repeat cannot mend.
   */
  call<T>(work: (client: Client) => Promise<T>, signal?: AbortSignal): Promise<T>
  close(): void
}

const attemptsMaxDefault = 4
const retryAfterMsDefault = 100
const retryFactor = 4
const idleTimeoutMsDefault = 30_000
const socketsMax = 64

/** Connects when it is first used. */
export function createS3Connection(options: S3Options): S3Connection {
  const {
    attemptsMax = attemptsMaxDefault,
    retryAfterMs = retryAfterMsDefault,
    idleTimeoutMs = idleTimeoutMsDefault,
  } = options
  const { protocol, hostname, port } = new URL(options.endpoint)
  const isSecure = protocol === 'https:'
  const Agent = isSecure ? HttpsAgent : HttpAgent
  const agent = new Agent({ keepAlive: true, maxSockets: socketsMax })
  const client = new Client({
    endPoint: hostname,
    ...(port ? { port: Number(port) } : {}),
    useSSL: isSecure,
    accessKey: options.accessKey,
    secretKey: options.secretKey,
    region: options.region ?? 'us-east-1', // else each client asks for it
    transport: transportOf(isSecure, idleTimeoutMs),
    transportAgent: agent,
    retryOptions: { disableRetry: true }, // it would write to the console, and wait for a minute
  })

  const call: S3Connection['call'] = async (work, signal) => {
    let waitMs = retryAfterMs
    for (let attempt = 1; attempt < attemptsMax; attempt += 1) {
      signal?.throwIfAborted()
      try {
        return await work(client)
      } catch (error) {
        if (!isPassing(error)) throw storeFailure(error)
        await pause(waitMs * (1 + Math.random()), undefined, signal ? { signal } : {})
        waitMs *= retryFactor
      }
    }
    try {
      return await work(client)
    } catch (error) {
      throw storeFailure(error)
    }
  }
  return {
    client,
    bucket: options.bucket,
    folder: options.folder === undefined ? '' : `${options.folder}/`,
    idleTimeoutMs,
    call,
    close: () => {
      agent.destroy()
    },
  }
}

/**
 * Requests that give up when nothing happens until the answer begins; the client has no limit of
 * its own. Whoever reads the answer minds the time from there on.
 */
function transportOf(isSecure: boolean, idleTimeoutMs: number): { request: typeof requestHttp } {
  const send = isSecure ? requestHttps : requestHttp
  const request = (given: RequestOptions, take?: (answer: IncomingMessage) => void) => {
    const asked = send(given, (answer) => {
      asked.setTimeout(0)
      take?.(answer)
      if (unreadStatuses.has(answer.statusCode ?? 0)) answer.resume()
    })
    asked.setTimeout(idleTimeoutMs, () => {
      asked.destroy(new Error('The S3 server did not answer in time'))
    })
    return asked
  }
  return { request: request as typeof requestHttp }
}

/** Where the client would ask again: it leaves their bodies unread, which would keep sockets. */
const unreadStatuses = new Set([408, 429, 499, 500, 502, 503, 504, 520])
