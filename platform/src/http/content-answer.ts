import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { Rejection } from '../rejection.ts'
import type { Answer } from './exchange.ts'

/** Bytes that do not change under their entity tag, as a GET of them is answered. */
export interface Representation {
  /** Strong, without its quotes. */
  readonly tag: string
  readonly sizeBytes: number
  readonly mediaType: string
  readonly modifiedAt?: Date
  /** Beside what is said here of length, range, tag and time. */
  readonly headers?: Readonly<Record<string, string>>
  /** From `start` to before `end`. Called once, where bytes are to be sent. */
  open(range: ByteRange): Promise<Readable>
}

/** Counted in bytes; `end` is the first one that is not in it. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * The answer to a GET or HEAD of bytes, with preconditions in the order of RFC 9110, 13.2.2, and
 * ranges: the first one of a list of several is not given, but the whole, as section 14.2 allows.
 * Throws Rejection `precondition-failed` and `range-not-satisfiable`.
 */
export async function contentAnswer(
  { method, headers: asked }: { readonly method: string; readonly headers: IncomingHttpHeaders },
  representation: Representation,
): Promise<Answer> {
  const { tag, sizeBytes, mediaType, modifiedAt, open } = representation
  const headers = {
    ...representation.headers,
    'accept-ranges': 'bytes',
    etag: `"${tag}"`,
    ...(modifiedAt ? { 'last-modified': modifiedAt.toUTCString() } : {}),
  }
  refuseUnmatched(asked, representation)
  if (isUnmodified(asked, representation)) return { status: 304, headers }

  const range = method === 'GET' ? rangeOf(asked, representation) : undefined
  const { start, end } = range ?? { start: 0, end: sizeBytes }
  const content = { 'content-type': mediaType, 'content-length': String(end - start) }
  const stream = await open({ start, end })
  if (!range) return { status: 200, headers: { ...headers, ...content }, stream }
  const place = { 'content-range': `bytes ${start}-${end - 1}/${sizeBytes}` }
  return { status: 206, headers: { ...headers, ...content, ...place }, stream }
}

function refuseUnmatched(asked: IncomingHttpHeaders, { tag, modifiedAt }: Representation): void {
  const match = asked['if-match']
  const since = timeOf(asked['if-unmodified-since'])
  const failed =
    match === undefined
      ? since !== undefined && modifiedAt !== undefined && secondsOf(modifiedAt) > secondsOf(since)
      : !lists(match, tag, 'strong')
  if (failed) throw new Rejection('precondition-failed')
}

function isUnmodified(asked: IncomingHttpHeaders, { tag, modifiedAt }: Representation): boolean {
  const match = asked['if-none-match']
  if (match !== undefined) return lists(match, tag, 'weak')
  const since = timeOf(asked['if-modified-since'])
  return (
    since !== undefined && modifiedAt !== undefined && secondsOf(modifiedAt) <= secondsOf(since)
  )
}

/** Undefined where all of it is wanted, or asked for in a way that is not ours to understand. */
function rangeOf(asked: IncomingHttpHeaders, representation: Representation) {
  const { sizeBytes } = representation
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(asked.range?.trim() ?? '')
  const [, first = '', last = ''] = match ?? []
  if (!match || (first === '' && last === '') || !isStillThat(asked, representation)) {
    return undefined
  }
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1)
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  if (start >= sizeBytes) throw new Rejection('range-not-satisfiable', { sizeBytes })
  return { start, end }
}

/** If-Range: a part is only of use to who has the rest of the same. */
function isStillThat(asked: IncomingHttpHeaders, { tag, modifiedAt }: Representation): boolean {
  const given = asked['if-range']
  if (typeof given !== 'string') return true
  if (given.includes('"')) return lists(given, tag, 'strong')
  const at = timeOf(given)
  return at !== undefined && modifiedAt !== undefined && secondsOf(at) === secondsOf(modifiedAt)
}

function lists(field: string, tag: string, comparison: 'strong' | 'weak'): boolean {
  if (field.trim() === '*') return true
  const tags = field.split(',').map((each) => each.trim())
  return tags.some(
    (each) => each === `"${tag}"` || (comparison === 'weak' && each === `W/"${tag}"`),
  )
}

function timeOf(field: string | undefined): Date | undefined {
  const time = field === undefined ? Number.NaN : Date.parse(field)
  return Number.isNaN(time) ? undefined : new Date(time)
}

/** HTTP's dates know no smaller part. */
const secondsOf = (time: Date) => Math.floor(time.getTime() / 1_000)
