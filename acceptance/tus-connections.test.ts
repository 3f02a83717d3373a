import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { beforeEach, expect, inject, it } from 'vitest'
import { until } from './client.ts'
import { createLibrary, expectProblem, sha256, type Library } from './library.ts'
import { createTusCalls, offsetOf, type TusCalls } from './tus.ts'

// Connections that break, fall silent, or meet at one upload.

let library: Library
let calls: TusCalls
beforeEach(async () => {
  library = await createLibrary()
  calls = createTusCalls(library)
})

const length = 4_000_000
const bytes = Buffer.alloc(length, 'resumable ')

/** A piece whose bytes are sent one by one, by a client of which nobody knows whether it lives. */
function openPiece(url: string, offset: number): ClientRequest {
  const { accessToken } = library.person.tokens
  const sending = request(`${inject('atrium').url}${url}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${accessToken}`,
      'tus-resumable': '1.0.0',
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
      'content-length': String(length - offset),
    },
  })
  return sending.on('error', () => undefined)
}

async function answerOf(sending: ClientRequest) {
  const [answer] = (await once(sending, 'response')) as [IncomingMessage]
  const body = answer.statusCode === 204 ? undefined : ((await json(answer)) as { code: string })
  return { status: answer.statusCode, code: body?.code }
}

const offsetNow = async (url: string) => offsetOf(await calls.tus('HEAD', url))
const goOn = async (url: string, offset: number) =>
  await calls.send(url, offset, bytes.subarray(offset))

async function expectWhole(url: string) {
  expect(await calls.assetAt(url)).toMatchObject({ sizeBytes: length, sha256: sha256(bytes) })
}

it('a connection that breaks leaves what has arrived, and the next one goes on', async () => {
  const url = await calls.begin(length)
  const sending = openPiece(url, 0)
  sending.write(bytes.subarray(0, 300_000))
  await until(
    () => offsetNow(url),
    (offset) => offset > 0,
  )
  sending.destroy()
  const offset = await until(
    () => offsetNow(url),
    (kept) => kept === 300_000,
  )
  expect(offset).toBe(300_000)
  expect((await goOn(url, offset)).status).toBe(204)
  await expectWhole(url)
})

it('a connection that falls silent gives way to the next one', async () => {
  const url = await calls.begin(length)
  const silent = openPiece(url, 0)
  const answered = answerOf(silent)
  silent.write(bytes.subarray(0, 200_000))
  const reply = await until(
    async () => await goOn(url, await offsetNow(url)),
    ({ status }) => status === 204,
  )
  expect(reply.status, reply.text).toBe(204)
  await expectWhole(url)
  expect(await answered).toEqual({ status: 423, code: 'upload-locked' })
})

it('a connection on which bytes come keeps others out until it is done', async () => {
  const url = await calls.begin(length)
  const busy = openPiece(url, 0)
  const answered = answerOf(busy)
  let sent = 0
  const send = (end: number) => {
    busy.write(bytes.subarray(sent, end))
    sent = end
  }
  send(2_500_000) // more than waits in memory, so that some of it can be seen
  const beat = setInterval(() => send(sent + 100), 50)
  const begun = await until(
    () => offsetNow(url),
    (offset) => offset > 0,
  )
  expect(begun).toBeGreaterThan(0)
  const other = await calls.send(url, await offsetNow(url), 'x')
  expect([other.status, other.body.code]).toEqual([423, 'upload-locked'])
  expect(other.headers.get('retry-after')).toBe('1')
  expectProblem(await calls.tus('DELETE', url), 423, 'upload-locked')
  clearInterval(beat)
  send(length)
  busy.end()
  expect(await answered).toEqual({ status: 204, code: undefined })
  await expectWhole(url)
})
