import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { Rejection } from '../rejection.ts'
import { contentAnswer } from './content-answer.ts'

const bytes = '0123456789'
const modifiedAt = new Date('2026-03-01T10:00:00.500Z')

/** What a request with these fields gets: status, fields, and the bytes that are sent. */
async function get(headers: Record<string, string> = {}, method = 'GET') {
  const answer = await contentAnswer(
    { method, headers },
    {
      tag: 'abc',
      sizeBytes: bytes.length,
      mediaType: 'text/plain',
      modifiedAt,
      headers: { 'content-disposition': 'inline' },
      open: ({ start, end }) => Promise.resolve(Readable.from([bytes.slice(start, end)])),
    },
  )
  const body = answer.stream ? await text(answer.stream) : undefined
  return { status: answer.status, headers: answer.headers ?? {}, body }
}

const refusal = async (headers: Record<string, string>) => {
  const refused = await get(headers).then(
    () => undefined,
    (error: unknown) => error,
  )
  return refused instanceof Rejection ? refused : undefined
}

describe('a whole', () => {
  it('comes with its length, its tag and its time', async () => {
    expect(await get()).toEqual({
      status: 200,
      body: bytes,
      headers: {
        'content-disposition': 'inline',
        'accept-ranges': 'bytes',
        etag: '"abc"',
        'last-modified': 'Sun, 01 Mar 2026 10:00:00 GMT',
        'content-type': 'text/plain',
        'content-length': '10',
      },
    })
  })

  it('is not sent again to who has it', async () => {
    for (const tags of ['"abc"', 'W/"abc"', '"x", "abc"', '*']) {
      expect(await get({ 'if-none-match': tags })).toMatchObject({ status: 304, body: undefined })
    }
    expect((await get({ 'if-none-match': '"x"' })).status).toBe(200)
    const since = { 'if-modified-since': 'Sun, 01 Mar 2026 10:00:00 GMT' }
    expect((await get(since)).status).toBe(304)
    expect((await get({ ...since, 'if-none-match': '"x"' })).status).toBe(200)
    expect((await get({ 'if-modified-since': 'Sun, 01 Mar 2026 09:00:00 GMT' })).status).toBe(200)
  })

  it('is refused to who wants another', async () => {
    expect((await refusal({ 'if-match': '"x"' }))?.code).toBe('precondition-failed')
    expect((await refusal({ 'if-match': 'W/"abc"' }))?.code).toBe('precondition-failed')
    expect((await get({ 'if-match': '"abc"' })).status).toBe(200)
    const early = { 'if-unmodified-since': 'Sun, 01 Mar 2026 09:59:59 GMT' }
    expect((await refusal(early))?.code).toBe('precondition-failed')
  })
})

describe('a range', () => {
  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', bytes, 'bytes 0-9/10'],
    ['bytes=4-99', '456789', 'bytes 4-9/10'],
  ])('%s gives its bytes and says where they lie', async (range, body, place) => {
    const { status, headers, body: sent } = await get({ range })
    expect(status).toBe(206)
    expect(sent).toBe(body)
    expect(headers).toMatchObject({ 'content-range': place, 'content-length': `${body.length}` })
  })

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('%s lies behind the end', async (range) => {
    const refused = await refusal({ range })
    expect(refused).toMatchObject({
      code: 'range-not-satisfiable',
      extensions: { sizeBytes: 10 },
    })
  })

  it.each(['bytes=0-1,4-5', 'lines=1-2', 'bytes=5-2', 'bytes=x', 'bytes=-'])(
    '%s is none of ours to understand: the whole is given',
    async (range) => {
      expect(await get({ range })).toMatchObject({ status: 200, body: bytes })
    },
  )

  it('is given only of what the client has the rest of', async () => {
    const range = 'bytes=0-3'
    expect((await get({ range, 'if-range': '"abc"' })).status).toBe(206)
    expect((await get({ range, 'if-range': 'Sun, 01 Mar 2026 10:00:00 GMT' })).status).toBe(206)
    for (const other of ['"x"', 'W/"abc"', 'Sun, 01 Mar 2026 09:00:00 GMT', 'nonsense']) {
      expect((await get({ range, 'if-range': other })).status).toBe(200)
    }
  })

  it('means nothing to HEAD', async () => {
    const { status, headers } = await get({ range: 'bytes=0-3' }, 'HEAD')
    expect(status).toBe(200)
    expect(headers['content-length']).toBe('10')
  })
})
