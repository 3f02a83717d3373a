import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { binary } from '@atrium/contracts/route.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { request } from 'undici'
import {
  bearer,
  openDoor,
  openService,
  route,
  until,
  type FixtureOptions,
} from '../door-fixture.ts'

const uploadBytesMax = 5 * 1024 ** 3
const stream = { bodyKind: 'stream', bodyBytesMax: uploadBytesMax, rateClass: 'upload' } as const
const streams = [
  route('POST', '/v1/uploads', stream),
  route('PATCH', '/v1/uploads/:uploadId', stream),
  route('HEAD', '/v1/uploads/:uploadId', { fixedHeaders: { 'tus-resumable': '1.0.0' } }),
  route('OPTIONS', '/v1/uploads', { permission: 'anyone' }),
  route('PUT', '/v1/instances/:instanceId/files/*path', { ...stream, bodyBytesMax: 1_000 }),
  route('GET', '/v1/instances/:instanceId/files/*path', {
    answers: 'stream',
    responses: { 200: binary('text/plain') },
  }),
  route('GET', '/v1/plain'),
]

const ada = bearer({ userId: 'usr_ada', tenant: 'acme' })
const closings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

async function open(listener: RequestListener, options: Partial<FixtureOptions> = {}) {
  const service = await openService(listener)
  const fixture = await openDoor({ upstreamUrl: service.url, routes: streams, ...options })
  closings.push(fixture.close, service.close)
  return { ...fixture, service }
}

/** A client that writes raw HTTP, and what has come back to it. */
function speak(port: number, method: string, path: string, fields: readonly string[]) {
  const socket = connect(port, '127.0.0.1')
  const got = { answer: '', isOver: false }
  socket.on('data', (chunk) => (got.answer += chunk.toString('latin1')))
  socket.on('close', () => (got.isOver = true)).on('error', () => (got.isOver = true))
  const head = [`${method} ${path} HTTP/1.1`, 'host: x', `authorization: ${ada.authorization}`]
  socket.write(`${[...head, ...fields].join('\r\n')}\r\n\r\n`)
  return { socket, got }
}

const piece = Buffer.alloc(64 * 1024, 'x')

/** Sends until the condition holds, the connection ends, or so many bytes have gone. */
async function pour(socket: Socket, isEnough: () => boolean, bytesMax = Number.POSITIVE_INFINITY) {
  let sent = 0
  for (; sent < bytesMax && !isEnough() && !socket.destroyed; sent += piece.length) {
    await new Promise((resolve) => socket.write(piece, resolve))
  }
  return sent
}

describe('an upload through the door', () => {
  it('passes larger than any buffer, its length and kind with it, and waits for the service', async () => {
    const taking = Promise.withResolvers<void>()
    const sizeBytes = 48 * 1024 * 1024
    const { url, service } = await open((incoming, response) => {
      void taking.promise
        .then(() => buffer(incoming))
        .then(({ length }) => response.writeHead(201, { 'upload-offset': length }).end())
    })
    let sent = 0
    const pieces = (function* () {
      for (; sent < sizeBytes; sent += piece.length) yield piece
    })()
    const asked = request(`${url}/v1/uploads`, {
      method: 'POST',
      headers: {
        ...ada,
        'content-length': String(sizeBytes),
        'content-type': 'application/offset+octet-stream',
        'upload-metadata': 'filename d29ybGQ=',
        'tus-resumable': '1.0.0',
      },
      body: Readable.from(pieces, { objectMode: false }),
    })
    await until(() => service.requests.length === 1)
    // Others are answered meanwhile: time enough for the sender to run away.
    for (let at = 0; at < 3; at += 1) await request(`${url}/v1/nothing`, { headers: ada })
    expect(sent).toBeLessThan(sizeBytes / 2)
    expect(service.requests[0]?.headers).toMatchObject({
      'content-length': String(sizeBytes),
      'content-type': 'application/offset+octet-stream',
      'upload-metadata': 'filename d29ybGQ=',
      'tus-resumable': '1.0.0',
    })
    taking.resolve()
    const answer = await asked
    expect([answer.statusCode, answer.headers['upload-offset']]).toEqual([201, String(sizeBytes)])
  })

  it('may come slowly: each piece reaches the service before the next is sent', async () => {
    let got = ''
    const { port } = await open((incoming, response) => {
      incoming.on('data', (chunk) => (got += String(chunk)))
      incoming.on('end', () => response.end())
    })
    const { socket, got: back } = speak(port, 'POST', '/v1/uploads', ['content-length: 10'])
    for (let at = 0; at < 10; at += 1) {
      await until(() => got.length === at)
      socket.write(String(at))
    }
    await until(() => back.answer.includes('200 OK'))
    expect(got).toBe('0123456789')
  })

  it('is 408 when its client says nothing for too long', async () => {
    const { port } = await open((incoming) => void incoming.resume(), {
      upstreamLimits: { requestIdleTimeoutMs: 100 },
    })
    const { socket, got } = speak(port, 'POST', '/v1/uploads', ['content-length: 10'])
    socket.write('begun')
    await until(() => got.answer.includes('request-timeout'))
    expect(got.answer).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('breaks off in the service when its client vanishes, at whatever point', async () => {
    const broken: IncomingMessage[] = []
    const { port, service, logged } = await open((incoming) => {
      incoming.on('error', () => broken.push(incoming)).resume()
    })
    for (const [at, bytes] of [1, 200_000, 3_000_000].entries()) {
      const { socket } = speak(port, 'POST', '/v1/uploads', ['content-length: 50000000'])
      socket.write(Buffer.alloc(bytes))
      await until(() => service.requests.length === at + 1)
      socket.destroy()
      await until(() => broken.length === at + 1)
    }
    await until(() => logged.length === 3)
    expect(logged.map(({ status }) => status)).toEqual([499, 499, 499])
  })

  it('gets the refusal of the service while it is still sending', async () => {
    for (const status of [401, 403, 413, 422]) {
      const { port } = await open((incoming, response) => {
        incoming.once('data', () => {
          incoming.pause()
          response.writeHead(status, { 'content-type': 'application/problem+json' }).end('{}')
        })
      })
      const { socket, got } = speak(port, 'POST', '/v1/uploads', ['content-length: 5000000000'])
      await pour(socket, () => got.answer !== '')
      expect(got.answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      socket.destroy()
    }
  })

  it('is 413 by what it announces before the service is asked, else when more has come', async () => {
    const { port, service } = await open((incoming) => void incoming.resume())
    const announced = speak(port, 'POST', '/v1/uploads', [`content-length: ${uploadBytesMax + 1}`])
    await until(() => announced.got.answer.includes('body-too-large'))
    expect(service.requests).toHaveLength(0)
    const file = '/v1/instances/ins_1/files/a/b.txt'
    const { socket, got } = speak(port, 'PUT', file, ['transfer-encoding: chunked'])
    const chunk = `200\r\n${'x'.repeat(0x200)}\r\n`
    socket.write(chunk)
    await until(() => service.requests.length === 1)
    socket.write(chunk)
    await until(() => got.answer.includes('"bytesMax":1000'))
    expect(got.answer).toMatch(/^HTTP\/1\.1 413 /)
    for (const { socket: each } of [announced, { socket }]) each.destroy()
  })

  it('with a wrong length is 400: one that ends too early, and what comes after its end', async () => {
    const bodies: (string | undefined)[] = []
    const { port, service } = await open((incoming, response) => {
      void text(incoming).then(
        (body) => response.end(String(bodies.push(body))),
        () => bodies.push(undefined),
      )
    })
    const short = speak(port, 'POST', '/v1/uploads', ['content-length: 10'])
    short.socket.end('short')
    await until(() => short.got.isOver && bodies.length === 1)
    expect(short.got.answer).toMatch(/^HTTP\/1\.1 400 /)
    const long = speak(port, 'POST', '/v1/uploads', ['content-length: 4'])
    long.socket.write('four and more')
    await until(() => long.got.answer.includes('400 Bad Request'))
    expect(bodies.filter((body) => body?.includes('more'))).toEqual([])
    expect(service.requests.length).toBeLessThanOrEqual(2)
  })

  it('waits for 100 Continue, and gets the refusal in its place', async () => {
    const { port } = await open((incoming, response) => {
      void text(incoming).then((body) => response.end(`got ${body}`))
    })
    const expects = ['content-length: 4', 'expect: 100-continue']
    const wanted = speak(port, 'POST', '/v1/uploads', expects)
    await until(() => wanted.got.answer.includes('100 Continue'))
    wanted.socket.write('body')
    await until(() => wanted.got.answer.includes('got body'))
    wanted.socket.destroy()
    const refused = speak(port, 'POST', '/v1/uploads', [
      'content-length: 9000000000',
      'expect: 100-continue',
    ])
    await until(() => refused.got.isOver)
    expect(refused.got.answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(refused.got.answer).not.toContain('100 Continue')
  })

  it('keeps no connection from others, however many there are', async () => {
    const { url, port, service } = await open(
      (incoming, response) =>
        incoming.method === 'GET' ? response.end('here') : incoming.resume(),
      { upstreamLimits: { connectionsMax: 4 } },
    )
    const begun = Array.from({ length: 4 }, () =>
      speak(port, 'POST', '/v1/uploads', ['content-length: 10']),
    )
    for (const { socket } of begun) socket.write('x')
    await until(() => service.requests.length === 4)
    const answer = await request(`${url}/v1/plain`, { headers: ada })
    expect(await answer.body.text()).toBe('here')
    for (const { socket } of begun) socket.destroy()
  })
})

describe('a download through the door', () => {
  const file = '/v1/instances/ins_1/files/a/b.txt'

  it('passes conditions and ranges to the service, and what it says of them back', async () => {
    const { url, service } = await open((incoming, response) => {
      if (incoming.headers['if-none-match']) return response.writeHead(304, { etag: '"a"' }).end()
      return response
        .writeHead(206, {
          'accept-ranges': 'bytes',
          'content-disposition': 'attachment',
          'content-range': 'bytes 0-3/10',
          'content-security-policy': 'sandbox',
          'content-type': 'text/plain',
        })
        .end('part')
    })
    const conditions = { range: 'bytes=0-3', 'if-range': '"a"', 'if-modified-since': 'x' }
    const part = await request(`${url}${file}`, { headers: { ...ada, ...conditions } })
    expect([part.statusCode, await part.body.text()]).toEqual([206, 'part'])
    expect(part.headers).toMatchObject({
      'accept-ranges': 'bytes',
      'content-disposition': 'attachment',
      'content-range': 'bytes 0-3/10',
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
    })
    expect(service.requests[0]?.headers).toMatchObject(conditions)
    const same = await request(`${url}${file}`, { headers: { ...ada, 'if-none-match': '"a"' } })
    expect([same.statusCode, same.headers['etag'], await same.body.text()]).toEqual([
      304,
      '"a"',
      '',
    ])
  })

  it('answers HEAD with the length of what it does not send', async () => {
    const { url, service } = await open((_incoming, response) =>
      response.writeHead(200, { 'content-length': uploadBytesMax }).end(),
    )
    const head = await request(`${url}${file}`, { method: 'HEAD', headers: ada })
    expect([head.statusCode, head.headers['content-length']]).toEqual([200, String(uploadBytesMax)])
    const own = await request(`${url}/v1/uploads/upl_1`, { method: 'HEAD', headers: ada })
    expect(own.statusCode).toBe(200)
    expect(service.requests.map(({ method }) => method)).toEqual(['HEAD', 'HEAD'])
    const wrong = await request(`${url}/v1/uploads/upl_1`, { headers: ada })
    expect([wrong.statusCode, wrong.headers['allow']]).toEqual([405, 'HEAD, PATCH'])
  })

  it('leaves the path of a wildcard as the client wrote it', async () => {
    const { port, service } = await open((_incoming, response) => response.end('here'))
    const paths = ['../../plain', '%2e%2e/x', 'a%2Fb', 'caf%C3%A9', '']
    for (const path of paths) {
      const { socket, got } = speak(port, 'GET', `/v1/instances/i/files/${path}`, [])
      await until(() => got.answer.includes('here'))
      socket.destroy()
    }
    const asked = service.requests.map(({ url }) => url)
    expect(asked).toEqual(paths.map((path) => `/v1/instances/i/files/${path}`))
  })

  it('is cut off where its session ends, as is an upload', async () => {
    const responses: ServerResponse[] = []
    const { url, port, service, revocations } = await open((_incoming, response) => {
      responses.push(response.writeHead(200, { 'content-type': 'text/event-stream' }))
      response.flushHeaders()
    })
    // The head comes before the first event, and each event at once.
    const listening = await fetch(`${url}${file}`, { headers: ada })
    const reader = listening.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      responses[0]?.write(event)
      expect(await reader?.read()).toEqual({ done: false, value: event })
    }
    const { socket, got } = speak(port, 'POST', '/v1/uploads', ['content-length: 10'])
    socket.write('x')
    await until(() => service.requests.length === 2)
    revocations.revoke('ses-of-usr_ada')
    await expect(reader?.read()).rejects.toThrow('terminated')
    await until(() => got.isOver)
    await until(() => responses.every(({ closed }) => closed))
  })
})

describe('tus from a page of another origin', () => {
  const origin = 'https://console.example'

  it('may ask with PATCH and HEAD, and read what the service says', async () => {
    const { url, service } = await open(
      (_incoming, response) => response.writeHead(204, { 'upload-offset': '7' }).end(),
      { door: { corsOrigins: [origin] } },
    )
    const preflight = await request(`${url}/v1/uploads/upl_1`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PATCH' },
    })
    expect(preflight.statusCode).toBe(204)
    expect(preflight.headers['access-control-allow-methods']).toContain('PATCH')
    expect(service.requests).toHaveLength(0)
    const answer = await request(`${url}/v1/uploads/upl_1`, {
      method: 'PATCH',
      headers: { ...ada, origin, 'upload-offset': '0' },
      body: 'content',
    })
    expect([answer.statusCode, answer.headers['upload-offset']]).toEqual([204, '7'])
    expect(answer.headers['access-control-expose-headers']).toContain('upload-offset')
    expect(service.requests[0]?.headers['upload-offset']).toBe('0')
  })

  it('gets what a route says of every answer once, from the service or from the door', async () => {
    const { url, service } = await open((_incoming, response) =>
      response.writeHead(460, { 'tus-resumable': '1.0.0' }).end(),
    )
    const ask = async (headers: Record<string, string>) => {
      const answer = await request(`${url}/v1/uploads/upl_1`, { method: 'HEAD', headers })
      return [answer.statusCode, answer.headers['tus-resumable']]
    }
    expect(await ask(ada)).toEqual([460, '1.0.0'])
    expect(await ask({})).toEqual([401, '1.0.0'])
    await service.close()
    expect(await ask(ada)).toEqual([503, '1.0.0'])
  })

  it('may ask what the server can: an OPTIONS that is no preflight reaches the service', async () => {
    for (const corsOrigins of [[], [origin]]) {
      const { url, service } = await open(
        (_incoming, response) => response.writeHead(204, { 'tus-version': '1.0.0' }).end(),
        { door: { corsOrigins } },
      )
      const answer = await request(`${url}/v1/uploads`, { method: 'OPTIONS' })
      expect([answer.statusCode, answer.headers['tus-version']]).toEqual([204, '1.0.0'])
      expect(service.requests).toHaveLength(1)
      const other = await request(`${url}/v1/plain`, { method: 'OPTIONS' })
      expect(other.statusCode).toBe(405)
    }
  })
})
