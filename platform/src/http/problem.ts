import {
  problems,
  problemTypeOf,
  type Problem,
  type ProblemCode,
} from '@atrium/contracts/problem.ts'
import type { FastifyReply } from 'fastify'
import { BlobStoreFull, BlobStoreUnavailable } from '../blobs/port.ts'
import { StoreUnavailable } from '../event-store/port.ts'
import { Rejection } from '../rejection.ts'

export const problemMediaType = 'application/problem+json'

/** Seconds after which to try again where nobody knows better. */
const retryAfterSecondsDefault = 1

/** The refusal that a fault of the server means to the client. */
export function rejectionFor(error: unknown): Rejection {
  if (error instanceof Rejection) return error
  const code = codeOf(error)
  const known = code === undefined ? undefined : frameworkCodes.get(code)
  if (known) return new Rejection(known, {}, { cause: error })
  if (error instanceof BlobStoreFull) {
    return new Rejection('insufficient-storage', {}, { cause: error })
  }
  if (isUnavailable(error)) return new Rejection('unavailable', {}, { cause: error })
  return new Rejection('internal-error', {}, { cause: error })
}

/**
 * The problem document of a refusal. Says nothing of what it was asked: the same for the same code.
 */
export function problemOf({ code, extensions }: Pick<Rejection, 'code' | 'extensions'>): Problem {
  const { status, title } = problems[code]
  return { ...extensions, type: problemTypeOf(code), title, status, code }
}

/** Header fields that a problem's code and extensions call for. */
export function problemHeaders(problem: Problem): Readonly<Record<string, string>> {
  const retry = [423, 429, 503].includes(problem.status) || problem.code.endsWith('in-flight')
  const { retryAfterSeconds, tusVersion } = problem
  const seconds =
    typeof retryAfterSeconds === 'number' ? Math.ceil(retryAfterSeconds) : retryAfterSecondsDefault
  return {
    'content-type': problemMediaType,
    'cache-control': 'no-store',
    ...(retry ? { 'retry-after': String(Math.max(1, seconds)) } : {}),
    ...(problem.status === 416
      ? { 'content-range': `bytes */${String(problem['sizeBytes'])}` }
      : {}),
    ...(typeof tusVersion === 'string' ? { 'tus-version': tusVersion } : {}),
    ...(problem.status === 401 ? { 'www-authenticate': 'Bearer realm="atrium"' } : {}),
  }
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  // As bytes: to text the framework would add a charset that the media type does not have.
  const body = Buffer.from(JSON.stringify(problem))
  return reply.code(problem.status).headers(problemHeaders(problem)).send(body)
}

const frameworkCodes: ReadonlyMap<string, ProblemCode> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'body-too-large'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'media-type-not-supported'],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'malformed-request'],
  ['FST_ERR_BAD_URL', 'not-found'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'not-found'],
  ['FST_ERR_ASYNC_CONSTRAINT', 'malformed-request'],
  ['FST_ERR_NOT_FOUND', 'not-found'],
  ['ECONNABORTED', 'malformed-request'],
])

/** Codes of node and of PostgreSQL for a server that cannot be reached or takes nobody just now. */
const unavailableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
  '25006', // a replica that is not yet, or no longer, the primary
  '57P01',
  '57P02',
  '57P03',
  '53300',
])

/** node-postgres reports these by message alone. */
const unavailableMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a conn)/

/** An error may wrap the reason; deeper than this nobody looks. */
const causesMax = 5

function isUnavailable(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > causesMax) return false
  if (error instanceof StoreUnavailable || error instanceof BlobStoreUnavailable) return true
  const code = codeOf(error)
  if (code !== undefined && (unavailableCodes.has(code) || /^08...$/.test(code))) return true
  return unavailableMessages.test(error.message) || isUnavailable(error.cause, depth + 1)
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
