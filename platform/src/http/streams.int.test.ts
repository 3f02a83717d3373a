import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { buffer, text } from 'node:stream/consumers'
import { binary, type RouteDefinition } from '@atrium/contracts/route.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { bearer, createTestHttpServer, testRoute } from '../testkit/http-server.ts'
import type { Answer, Exchange } from './exchange.ts'
import { mount } from './route.ts'
import { Rejection } from '../rejection.ts'
import type { HttpLimits } from './server.ts'
import { createEventStream, eventStreamHeaders } from './server-sent-events.ts'

const upload = testRoute({
  method: 'POST',
  bodyKind: 'stream',
  bodyBytesMax: 64 * 1024 * 1024,
  responses: { 200: null },
})
const download = testRoute({ answers: 'stream', responses: { 200: binary('text/plain') } })

const closings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

type StreamHandler = (exchange: Exchange<typeof upload>) => Promise<Answer>

async function serve<const Route extends RouteDefinition>(
  route: Route,
  handler: (exchange: Exchange<Route>) => Promise<Answer>,
  limits: Partial<HttpLimits> = {},
) {
  const server = createTestHttpServer({ limits })
  mount(server.app, route, handler)
  await server.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.app.server.address() as AddressInfo
  closings.push(() => {
    server.app.server.closeAllConnections()
    return server.app.close()
  })
  const ask = (headers: Record<string, string> = {}, method: string = route.method) => {
    const options = { port, method, path: '/v1/things', headers: { ...bearer(), ...headers } }
    return request(options).on('error', () => undefined)
  }
  return { ...server, port, ask }
}

async function answerOf(asked: ClientRequest) {
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const body = await text(response)
  return { status: response.statusCode, headers: response.headers, body }
}

const codeOf = ({ body }: { body: string }) => (JSON.parse(body) as { code: string }).code

describe('a body that is a stream', () => {
  test('reaches the handler byte for byte, whatever its media type, and unparsed', async () => {
    const hash: StreamHandler = async ({ bodyStream, body, mediaType = 'none' }) => {
      const sha256 = createHash('sha256')
        .update(await buffer(bodyStream))
        .digest('hex')
      const headers = { 'content-type': 'text/plain', sha256, parsed: typeof body }
      return { status: 200, headers, body: mediaType }
    }
    const { ask } = await serve(upload, hash)
    const bytes = randomBytes(3_000_000)
    for (const type of ['application/json; charset=utf-8', 'application/Offset+octet-stream']) {
      const asked = ask({ 'content-type': type })
      asked.end(bytes)
      const { status, headers, body } = await answerOf(asked)
      expect([status, headers['parsed']]).toEqual([200, 'undefined'])
      expect(headers['sha256']).toBe(createHash('sha256').update(bytes).digest('hex'))
      expect(body).toBe(type.split(';')[0]?.toLowerCase())
    }
    const empty = ask()
    empty.end()
    expect((await answerOf(empty)).body).toBe('none')
  })

  test('is read no faster than the handler takes it', async () => {
    const taken = Promise.withResolvers<void>()
    const wait: StreamHandler = async ({ bodyStream }) => {
      await taken.promise
      return { status: 200, headers: { bytes: `${(await buffer(bodyStream)).length}` } }
    }
    const { ask, app } = await serve(upload, wait)
    const asked = ask()
    let sent = 0
    const pieces = Readable.from(
      (function* () {
        for (; sent < 200; sent += 1) yield Buffer.alloc(256 * 1024)
      })(),
    )
    pieces.pipe(asked)
    await once(app.server, 'request')
    await expect.poll(() => asked.writableNeedDrain).toBe(true)
    expect(sent).toBeLessThan(100)
    taken.resolve()
    expect((await answerOf(asked)).headers['bytes']).toBe(`${200 * 256 * 1024}`)
  })

  test('may take longer than any other request, while pieces come', async () => {
    const received: number[] = []
    const count: StreamHandler = async ({ bodyStream }) => {
      for await (const piece of bodyStream as AsyncIterable<Buffer>) received.push(piece.length)
      return { status: 200 }
    }
    const limits = { handlerTimeoutMs: 1, requestTimeoutMs: 1, stallTimeoutMs: 5_000 }
    const { ask } = await serve(upload, count, limits)
    const asked = ask()
    for (let at = 1; at <= 20; at += 1) {
      asked.write('piece')
      await expect.poll(() => received.length, { interval: 5 }).toBe(at)
    }
    asked.end()
    expect((await answerOf(asked)).status).toBe(200)
  })

  test('is 408 where its client falls silent, and 503 where its handler does', async () => {
    const { ask } = await serve(
      upload,
      async ({ bodyStream }) => {
        await finished(bodyStream.resume())
        return { status: 200 }
      },
      { bodyIdleTimeoutMs: 100 },
    )
    const silent = ask()
    silent.write('begun')
    const answer = await answerOf(silent)
    expect([answer.status, codeOf(answer)]).toEqual([408, 'request-timeout'])

    const never = await serve(upload, () => new Promise(() => {}), { stallTimeoutMs: 100 })
    const asked = never.ask()
    asked.end('all')
    expect((await answerOf(asked)).status).toBe(503)
  })

  test('is 413 above its limit: at once where it is announced, else when it has come', async () => {
    const seen: unknown[] = []
    const read: StreamHandler = async ({ bodyStream }) => {
      seen.push(await finished(bodyStream.resume()).catch((error: unknown) => error))
      throw seen.at(-1)
    }
    const { ask } = await serve({ ...upload, bodyBytesMax: 1_000 }, read)
    const announced = ask({ 'content-length': '1001' })
    announced.write('x')
    expect(await answerOf(announced)).toMatchObject({ status: 413 })
    expect(seen).toEqual([])
    const inPieces = ask()
    inPieces.write(Buffer.alloc(600))
    inPieces.write(Buffer.alloc(600))
    const answer = await answerOf(inPieces)
    expect([answer.status, codeOf(answer)]).toEqual([413, 'body-too-large'])
    expect(seen).toMatchObject([{ code: 'body-too-large', extensions: { bytesMax: 1_000 } }])
  })

  test('fails in the handler where the client leaves half way, which the signal tells too', async () => {
    const told = Promise.withResolvers<unknown[]>()
    const read: StreamHandler = async ({ bodyStream, signal }) => {
      const error = await finished(bodyStream.resume()).catch((reason: unknown) => reason)
      await expect.poll(() => signal.aborted).toBe(true)
      told.resolve([error, signal.reason])
      throw error
    }
    const { ask, lines } = await serve(upload, read)
    const asked = ask({ 'content-length': '1000' })
    asked.write('only this', () => asked.destroy())
    expect(await told.promise).toMatchObject([
      { code: 'malformed-request', extensions: { detail: 'the body broke off' } },
      { message: 'the client has gone' },
    ])
    await expect.poll(() => lines.some((line) => line.includes('"request"'))).toBe(true)
    expect(lines.join()).not.toContain('request failed')
  })

  test('may be answered before its end: who is still sending gets the answer', async () => {
    const refuse: StreamHandler = async ({ bodyStream }) => {
      await once(bodyStream, 'readable')
      return { status: 422, headers: { 'content-type': 'text/plain' }, body: 'no' }
    }
    const { port } = await serve({ ...upload, permission: 'user' }, refuse)
    for (const [authorization, status] of [
      [bearer().authorization, 422],
      ['', 401],
    ] as const) {
      const socket = connect(port, '127.0.0.1')
      const head = ['POST /v1/things HTTP/1.1', 'host: x', `authorization: ${authorization}`]
      socket.write(`${head.join('\r\n')}\r\ncontent-length: 60000000\r\n\r\n`)
      let answer = ''
      let isOver = false
      socket.on('data', (chunk) => (answer += chunk.toString()))
      socket.on('close', () => (isOver = true)).on('error', () => (isOver = true))
      const piece = Buffer.alloc(64 * 1024)
      const isAnswered = () => answer !== '' || isOver
      while (!isAnswered()) await new Promise((resolve) => socket.write(piece, resolve))
      expect(answer).toContain(`HTTP/1.1 ${status}`)
      socket.destroy()
    }
  })

  test('is 415 where the route names other media types, before the handler runs', async () => {
    const route = { ...upload, bodyMediaTypes: ['application/offset+octet-stream'] }
    const { ask } = await serve(route, async () => ({ status: 200 }))
    for (const [type, status] of [
      ['application/offset+octet-stream; x=y', 200],
      ['application/octet-stream', 415],
    ] as const) {
      const asked = ask({ 'content-type': type })
      asked.end('x')
      expect([type, (await answerOf(asked)).status]).toEqual([type, status])
    }
  })

  test('may be left out where the route says so, and then needs no media type', async () => {
    const route = { ...upload, bodyMediaTypes: ['text/plain'], bodyIsOptional: true }
    const { ask } = await serve(route, async () => ({ status: 200 }))
    const statusOf = async (asked: ClientRequest, body = '') => {
      asked.end(body)
      return (await answerOf(asked)).status
    }
    expect(await statusOf(ask({ 'content-length': '0' }))).toBe(200)
    expect(await statusOf(ask(), 'x')).toBe(415)
    expect(await statusOf(ask({ 'content-type': 'text/plain' }), 'x')).toBe(200)
  })
})

test('what a route says of every answer, each problem has too, before the handler and from it', async () => {
  const { ask } = await serve(
    { ...upload, fixedHeaders: { 'tus-resumable': '1.0.0' } },
    async ({ headers }) => {
      if (headers['x-fail'] !== undefined) throw new Rejection('upload-locked')
      return { status: 200 }
    },
  )
  for (const [headers, status] of [
    [{}, 200],
    [{ 'x-fail': '1' }, 423],
    [{ authorization: '' }, 401],
  ] as const) {
    const asked = ask(headers)
    asked.end()
    const answer = await answerOf(asked)
    expect([answer.status, answer.headers['tus-resumable']]).toEqual([status, '1.0.0'])
    if (status === 423) expect(answer.headers['retry-after']).toBe('1')
  }
})

describe('an answer that is a stream', () => {
  test('is sent as it comes, with the fields that the handler gives it', async () => {
    const headers = { 'content-type': 'text/plain', 'cache-control': 'private', 'x-own': 'yes' }
    const { ask } = await serve(download, async () => ({
      status: 200,
      headers,
      stream: Readable.from(['one ', 'two']),
    }))
    const asked = ask()
    asked.end()
    const answer = await answerOf(asked)
    expect([answer.status, answer.body]).toEqual([200, 'one two'])
    expect(answer.headers).toMatchObject(headers)
  })

  test('is not read for a HEAD, which gets the same head', async () => {
    let reads = 0
    const streams: Readable[] = []
    const { ask } = await serve(download, async ({ method }) => {
      const stream = new Readable({ read: () => void (reads += 1) })
      streams.push(stream)
      const headers = { 'content-type': 'text/plain', 'content-length': '5000', method }
      return { status: 200, headers, stream }
    })
    const asked = ask({}, 'HEAD')
    asked.end()
    const { status, headers, body } = await answerOf(asked)
    expect([status, headers['content-length'], headers['method'], body, reads]).toEqual([
      200,
      '5000',
      'HEAD',
      '',
      0,
    ])
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true])
  })

  test('is destroyed when its client goes away', async () => {
    const stream = new Readable({
      read() {
        this.push(Buffer.alloc(64 * 1024))
      },
    })
    const { ask } = await serve(download, async () => ({ status: 200, stream }))
    const asked = ask()
    asked.end()
    await once(asked, 'response')
    asked.destroy()
    await once(stream, 'close')
  })

  test('is a problem where it fails before its first byte, and cut off where it fails later', async () => {
    const { ask, lines } = await serve(download, async ({ headers }) => ({
      status: 200,
      headers: { 'content-type': 'text/plain', 'content-length': '10', etag: '"x"' },
      stream: Readable.from(
        (async function* () {
          if (headers['x-later'] !== undefined) yield 'half '
          throw new Error('the store broke')
        })(),
      ),
    }))
    const early = ask()
    early.end()
    const answer = await answerOf(early)
    expect([answer.status, codeOf(answer)]).toEqual([500, 'internal-error'])
    expect(answer.headers).not.toHaveProperty('etag')
    expect(answer.headers['content-length']).toBe(`${Buffer.byteLength(answer.body)}`)
    expect(lines.join()).toContain('the store broke')
    const late = ask({ 'x-later': 'yes' })
    late.end()
    await expect(answerOf(late)).rejects.toThrow('aborted')
    const told = () => lines.filter((line) => line.includes('the store broke')).length
    await expect.poll(told).toBe(2)
  })

  test('may fail where nobody reads it: after a HEAD whose client has gone, or too late', async () => {
    let closed = 0
    const { ask, app, lines } = await serve(
      download,
      async ({ signal }) => {
        await expect.poll(() => signal.aborted).toBe(true)
        const stream = new Readable({
          destroy: (_error, done) => void setImmediate(done, signal.reason),
        })
        stream.on('close', () => (closed += 1)).destroy()
        return { status: 200, stream }
      },
      { handlerTimeoutMs: 500 },
    )
    const gone = ask({}, 'HEAD')
    gone.end()
    await once(app.server, 'request')
    gone.destroy()
    const late = ask()
    late.end()
    expect((await answerOf(late)).status).toBe(503)
    await expect.poll(() => closed).toBe(2) // an error that nobody took in ends the process
    expect(lines.join()).toContain('499')
  })

  test('can be server-sent events: the head at once, each event as it is sent', async () => {
    const events = createEventStream({ heartbeatMs: 5 })
    const { ask } = await serve(download, async () => ({
      status: 200,
      headers: eventStreamHeaders,
      stream: events.stream,
    }))
    const asked = ask()
    asked.end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    expect(response.headers['content-type']).toBe('text/event-stream')
    let got = ''
    response.on('data', (chunk) => (got += String(chunk)))
    await expect.poll(() => got).toContain(': heartbeat\n\n')
    events.send({ event: 'progress', id: '7', data: { page: 1 } })
    await expect.poll(() => got).toContain('id: 7\nevent: progress\ndata: {"page":1}\n\n')
    events.end()
    await once(response, 'end')
    expect(events.stream.destroyed).toBe(true)
  })
})
