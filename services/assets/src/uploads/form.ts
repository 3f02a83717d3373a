import { Rejection } from '@atrium/platform/rejection.ts'

/** One part of a form, in the order in which they come. A file is to be read before the next. */
export type FormPart =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'file'
      readonly name: string
      /** As it was sent: a name for people, which leads nowhere. */
      readonly fileName: string
      readonly content: AsyncIterable<Buffer>
      /** Bytes of the body before the file's first one. */
      readonly startsAtByte: number
    }

export interface FormLimits {
  readonly filesMax: number
}

const fieldsMax = 16
const fieldBytesMax = 1_024
const headBytesMax = 4_096
/** What may stand before the first part, where nothing is expected. */
const preambleBytesMax = 1_024
/** RFC 2046, section 5.1.1. */
const boundaryPattern = /^[A-Za-z0-9'()+_,./:=? -]{0,69}[A-Za-z0-9'()+_,./:=?-]$/

const crlf = Buffer.from('\r\n')
const endOfHead = Buffer.from('\r\n\r\n')

/** The boundary of a `multipart/form-data` body. Throws Rejection `malformed-body`. */
export function boundaryOf(contentType: string | undefined): string {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]*)"|([^\s;]*))/i.exec(contentType ?? '') ?? []
  const boundary = quoted ?? plain ?? ''
  if (!boundaryPattern.test(boundary)) throw malformed('the form names no boundary')
  return boundary
}

/**
 * The parts of a form (RFC 7578), read no faster than they are taken and kept nowhere. Throws
 * Rejection `malformed-body`, which says what is wrong with it: a form of which a part was skipped
 * would be another one than was sent.
 */
export async function* readForm(
  body: AsyncIterable<Buffer>,
  boundary: string,
  limits: FormLimits,
): AsyncGenerator<FormPart, void> {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const reader = createReader(body)
  let files = 0
  let fields = 0
  try {
    // The first delimiter may stand at the very beginning, without a line before it.
    reader.unread(crlf)
    await skip(reader.until(delimiter, 'the form has no first part'), preambleBytesMax)
    while (await hasPart(reader)) {
      const head = await reader.take(endOfHead, headBytesMax, "a part's head")
      const { name, fileName } = dispositionOf(head)
      if (fileName === undefined) {
        if ((fields += 1) > fieldsMax) throw malformed(`more than ${fieldsMax} fields`)
        const value = await reader.take(delimiter, fieldBytesMax, 'a field')
        yield { kind: 'field', name, value: value.toString() }
        continue
      }
      if ((files += 1) > limits.filesMax) throw malformed(`more than ${limits.filesMax} files`)
      const content = reader.until(delimiter, 'a file breaks off')
      const startsAtByte = reader.takenBytes()
      yield { kind: 'file', name, fileName, content, startsAtByte }
      await skip(content, 0)
    }
  } finally {
    await reader.close()
  }
}

/** What stands behind a delimiter: the end of the form, or of the line. */
async function hasPart(reader: Reader): Promise<boolean> {
  const mark = await reader.exactly(2)
  if (mark.toString('latin1') === '--') return false
  if (mark.equals(crlf)) return true
  reader.unread(mark)
  const padding = await reader.take(crlf, headBytesMax, 'a delimiter')
  if (padding.toString('latin1').trim() !== '') throw malformed('a delimiter goes on')
  return true
}

/** Reads to the end. Throws where there is more than `bytesMax`: nobody wanted it. */
async function skip(content: AsyncIterable<Buffer>, bytesMax: number): Promise<void> {
  let bytes = 0
  for await (const { length } of content) {
    if ((bytes += length) > bytesMax) throw malformed('there is something between the parts')
  }
}

function dispositionOf(head: Buffer): { name: string; fileName: string | undefined } {
  const lines = head.toString().split('\r\n')
  if (lines.some((line) => /[\r\n]|^[ \t]/.test(line))) throw malformed("a part's head is folded")
  const field = lines.find((line) => /^content-disposition:/i.test(line))
  const value = field?.slice(field.indexOf(':') + 1).trim() ?? ''
  if (!/^form-data\s*;/i.test(value)) throw malformed('a part is no part of a form')
  const parameters = parametersOf(value)
  const name = parameters.get('name')
  if (name === undefined) throw malformed('a part has no name')
  const extended = /^utf-8'[^']*'(.*)$/i.exec(parameters.get('filename*') ?? '')?.[1]
  return { name, fileName: decoded(extended) ?? parameters.get('filename') }
}

function parametersOf(value: string): ReadonlyMap<string, string> {
  // A backslash can be read in one way alone: in two, a row of them would be read in 2^n.
  const found = value.matchAll(
    /;\s*([\w*!#$%&'+.^`|~-]+)\s*=\s*(?:"((?:\\["\\]|\\(?!["\\])|[^"\\])*)"|([^\s;]*))/g,
  )
  return new Map(
    Array.from(found, ([, name = '', quoted, plain = '']) => [
      name.toLowerCase(),
      quoted?.replaceAll(/\\(["\\])/g, '$1') ?? plain,
    ]),
  )
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}

interface Reader {
  /** What comes before the mark, which is read over. Throws, with what is missing, at the end. */
  until(mark: Buffer, missing: string): AsyncGenerator<Buffer, void>
  /** The same in one piece. */
  take(mark: Buffer, bytesMax: number, what: string): Promise<Buffer>
  exactly(bytes: number): Promise<Buffer>
  unread(bytes: Buffer): void
  takenBytes(): number
  close(): Promise<void>
}

function createReader(body: AsyncIterable<Buffer>): Reader {
  const pieces = body[Symbol.asyncIterator]()
  /** Read and not taken yet. */
  let rest: Buffer = Buffer.alloc(0)
  let taken = 0

  async function more(missing: string): Promise<void> {
    const step = await pieces.next()
    if (step.done === true) throw malformed(missing)
    rest = rest.length === 0 ? step.value : Buffer.concat([rest, step.value])
  }

  function shift(bytes: number): Buffer {
    const shifted = rest.subarray(0, bytes)
    rest = rest.subarray(bytes)
    taken += bytes
    return shifted
  }

  const reader: Reader = {
    async *until(mark, missing) {
      let at = rest.indexOf(mark)
      while (at < 0) {
        const certain = beginningOf(mark, rest)
        if (certain > 0) yield shift(certain)
        await more(missing)
        at = rest.indexOf(mark)
      }
      if (at > 0) yield shift(at)
      shift(mark.length)
    },

    async take(mark, bytesMax, what) {
      const parts: Buffer[] = []
      let bytes = 0
      for await (const part of reader.until(mark, `${what} breaks off`)) {
        bytes += part.length
        if (bytes > bytesMax) throw malformed(`${what} has more than ${bytesMax} bytes`)
        parts.push(part)
      }
      return Buffer.concat(parts)
    },

    async exactly(bytes) {
      while (rest.length < bytes) await more('the form breaks off')
      return shift(bytes)
    },

    unread(bytes) {
      rest = Buffer.concat([bytes, rest])
      taken -= bytes.length
    },

    takenBytes: () => taken,

    async close() {
      await pieces.return?.()
    },
  }
  return reader
}

/** Where the mark begins that the bytes end in the midst of; their length where they do not. */
function beginningOf(mark: Buffer, bytes: Buffer): number {
  const [first = 0] = mark
  let at = bytes.indexOf(first, Math.max(0, bytes.length - mark.length + 1))
  while (at >= 0 && bytes.compare(mark, 0, bytes.length - at, at) !== 0) {
    at = bytes.indexOf(first, at + 1)
  }
  return at < 0 ? bytes.length : at
}

const malformed = (detail: string) => new Rejection('malformed-body', { detail })
