import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { request } from 'undici'
import {
  bearer,
  openDoor,
  openService,
  until,
  type DoorFixture,
  type FixtureOptions,
  type Service,
} from '../door-fixture.ts'

const ada = bearer({ userId: 'usr_ada', tenant: 'acme' })
const closings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

async function open(
  listener: RequestListener,
  options: Partial<FixtureOptions> = {},
): Promise<DoorFixture & { service: Service }> {
  const service = await openService(listener)
  const fixture = await openDoor({ upstreamUrl: service.url, ...options })
  closings.push(fixture.close, service.close)
  return { ...fixture, service }
}

/** Writes raw HTTP and gives what came back when `enough` holds or the connection ends. */
async function rawExchange(port: number, lines: string[], enough: (answer: string) => boolean) {
  const socket = connect(port, '127.0.0.1')
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  let answer = ''
  let over = false
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
  socket.on('close', () => (over = true)).on('error', () => (over = true))
  await until(() => over || enough(answer))
  return { answer, socket }
}

describe('what passes through the door', () => {
  it('passes method, path, query and body on, and the answer back', async () => {
    const { url, service } = await open((incoming, response) => {
      void text(incoming).then((body) => response.writeHead(201, { etag: '"3"' }).end(body))
    })
    const answer = await request(`${url}/v1/things?a=%20b&a=2`, {
      method: 'POST',
      headers: { ...ada, 'content-type': 'application/json' },
      body: '{"name":"ä"}',
    })
    expect(answer.statusCode).toBe(201)
    expect(answer.headers['etag']).toBe('"3"')
    expect(await answer.body.text()).toBe('{"name":"ä"}')
    expect(service.requests[0]).toMatchObject({ method: 'POST', url: '/v1/things?a=%20b&a=2' })
  })

  it('keeps every byte of a body of any size and kind', async () => {
    for (const size of [0, 1, 1_000, 16_384, 16_385, 3_000_000]) {
      const bytes = Buffer.alloc(size, Buffer.from(Array.from({ length: 256 }, (_, at) => at)))
      const { url } = await open((_incoming, response) =>
        response.writeHead(200, { 'content-length': size }).end(bytes),
      )
      const answer = await request(`${url}/v1/things`, { headers: ada })
      expect(Buffer.compare(Buffer.from(await answer.body.arrayBuffer()), bytes)).toBe(0)
    }
  })

  it('answers HEAD, 204 and 304 without a body', async () => {
    const { url } = await open((incoming, response) => {
      if (incoming.method === 'HEAD') response.writeHead(200, { 'content-length': 42 }).end()
      else response.writeHead(incoming.url === '/v1/things/a' ? 204 : 304, { etag: '"1"' }).end()
    })
    const head = await request(`${url}/v1/things`, { method: 'HEAD', headers: ada })
    expect(head.statusCode).toBe(200)
    expect(head.headers['content-length']).toBe('42')
    const none = await request(`${url}/v1/things/a`, { headers: ada })
    expect([none.statusCode, await none.body.text()]).toEqual([204, ''])
    const same = await request(`${url}/v1/things/b`, { headers: ada })
    expect([same.statusCode, await same.body.text()]).toEqual([304, ''])
  })

  it('asks for the body of an Expect: 100-continue only when it is wanted', async () => {
    const { port } = await open((incoming, response) => {
      void text(incoming).then((body) => response.end(`got ${body}`))
    })
    const head = [
      'Host: x',
      `Authorization: ${ada.authorization}`,
      'Expect: 100-continue',
      'Content-Length: 4',
    ]
    const wanted = await rawExchange(port, ['POST /v1/things HTTP/1.1', ...head], (answer) =>
      answer.includes('100 Continue'),
    )
    wanted.socket.write('body')
    let rest = ''
    wanted.socket.on('data', (chunk) => (rest += chunk.toString()))
    await until(() => rest.includes('got body'))
    wanted.socket.destroy()
    const refused = await rawExchange(port, ['POST /v1/nothing HTTP/1.1', ...head], () => false)
    expect(refused.answer).toMatch(/^HTTP\/1\.1 404 /)
    expect(refused.answer).not.toContain('100 Continue')
  })

  it('does not upgrade: a handshake is an ordinary request or refused as one', async () => {
    const { port } = await open((_incoming, response) => response.end('plain'))
    const handshake = [
      'Host: x',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: x',
    ]
    const unknown = await rawExchange(port, ['GET /v1/socket HTTP/1.1', ...handshake], (answer) =>
      answer.includes('not-found'),
    )
    expect(unknown.answer).toMatch(/^HTTP\/1\.1 404 /)
    unknown.socket.destroy()
    const known = await rawExchange(
      port,
      ['GET /v1/things HTTP/1.1', ...handshake, `Authorization: ${ada.authorization}`],
      (answer) => answer.includes('plain'),
    )
    expect(known.answer).toMatch(/^HTTP\/1\.1 200 /)
    known.socket.destroy()
  })

  it('lets a slow client take its time without holding the answer in memory', async () => {
    const sizeBytes = 64 * 1024 * 1024
    const sent = { slow: 0, quick: 0 }
    const { port, url } = await open((incoming, response) => {
      const who = incoming.url === '/v1/things/quick' ? 'quick' : 'slow'
      response.writeHead(200)
      const piece = Buffer.alloc(64 * 1024)
      const more = () => {
        while (sent[who] < sizeBytes) {
          sent[who] += piece.length
          if (!response.write(piece)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    const socket = connect(port, '127.0.0.1')
    socket.pause()
    socket.write(
      `GET /v1/things HTTP/1.1\r\nHost: x\r\nAuthorization: ${ada.authorization}\r\n` +
        'Connection: close\r\n\r\n',
    )
    await until(() => sent.slow > 0)
    // Another client takes a whole answer meanwhile: time enough for the first to run away.
    const quick = await request(`${url}/v1/things/quick`, { headers: ada })
    expect((await quick.body.arrayBuffer()).byteLength).toBe(sizeBytes)
    expect(sent.slow).toBeLessThan(sizeBytes / 2)
    let received = 0
    socket.on('data', (chunk) => (received += chunk.length))
    socket.resume()
    await until(() => received > sizeBytes, 20_000)
  })
})

describe('what goes wrong on the way', () => {
  it('refuses a body above the limit, announced or not, before the service has it', async () => {
    const { url, service } = await open((incoming, response) => {
      void text(incoming).then(
        () => response.end(),
        () => undefined,
      )
    })
    const announced = await request(`${url}/v1/things/a`, {
      method: 'PUT',
      headers: ada,
      body: 'x'.repeat(65),
    })
    expect(announced.statusCode).toBe(413)
    expect(await announced.body.json()).toMatchObject({ code: 'body-too-large', bytesMax: 64 })
    expect(service.requests).toHaveLength(0)
    async function* pieces() {
      for (let at = 0; at < 5; at += 1) yield Buffer.alloc(30)
    }
    const chunked = await fetch(`${url}/v1/things/a`, {
      method: 'PUT',
      headers: ada,
      body: ReadableStream.from(pieces()),
      duplex: 'half',
    })
    expect(chunked.status).toBe(413)
    const fits = await request(`${url}/v1/things/a`, {
      method: 'PUT',
      headers: ada,
      body: 'x'.repeat(64),
    })
    expect(fits.statusCode).toBe(200)
  })

  it('aborts the request upstream when the client goes away, and goes on answering', async () => {
    let aborted = 0
    const { url, service } = await open(
      (incoming, response) => {
        if (incoming.url === '/v1/things/quick') return void response.end('here')
        response.on('close', () => (aborted += 1))
        if (incoming.url === '/v1/things/begun') response.write('part')
      },
      { upstreamLimits: { connectionsMax: 2 } },
    )
    for (const path of ['silent', 'begun', 'silent', 'begun', 'silent']) {
      const leaving = new AbortController()
      const [before, came] = [aborted, service.requests.length]
      const asked = fetch(`${url}/v1/things/${path}`, { headers: ada, signal: leaving.signal })
      await until(() => service.requests.length > came)
      if (path === 'begun') await asked
      leaving.abort()
      await asked.catch(() => undefined)
      await until(() => aborted > before)
    }
    const answer = await request(`${url}/v1/things/quick`, { headers: ada })
    expect(await answer.body.text()).toBe('here')
  })

  it('tells the service when a large body breaks off half way, and is ready for the next', async () => {
    let broken = false
    const { port, url, service } = await open((incoming, response) => {
      if (incoming.method === 'GET') return void response.end('next')
      text(incoming).catch(() => (broken = true))
    })
    const socket = connect(port, '127.0.0.1')
    const begin = 'x'.repeat(400_000)
    socket.write(
      `POST /v1/things HTTP/1.1\r\nHost: x\r\nAuthorization: ${ada.authorization}\r\n` +
        `Content-Length: 500000\r\n\r\n${begin}`,
    )
    await until(() => service.requests.length === 1)
    socket.destroy()
    await until(() => broken)
    const next = await request(`${url}/v1/things`, { headers: ada })
    expect(await next.body.text()).toBe('next')
  })

  it('cuts the answer off where the service does, so that it is not taken for whole', async () => {
    const { url } = await open((_incoming, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('only a part', () => response.destroy())
    })
    const answer = await fetch(`${url}/v1/things`, { headers: ada })
    await expect(answer.text()).rejects.toThrow('terminated')
  })

  it('answers 504 for a service that is too slow', async () => {
    const { url } = await open(() => undefined, { upstreamLimits: { headersTimeoutMs: 100 } })
    const answer = await request(`${url}/v1/things`, { headers: ada })
    expect(answer.statusCode).toBe(504)
    expect(await answer.body.json()).toMatchObject({ code: 'upstream-timeout' })
  })

  it('answers 502 for a write whose connection broke, and sends it once', async () => {
    const { url, service } = await open((incoming) => incoming.socket.destroy())
    const answer = await request(`${url}/v1/things`, { method: 'POST', headers: ada, body: 'x' })
    expect(answer.statusCode).toBe(502)
    expect(await answer.body.json()).toMatchObject({ code: 'upstream-failed' })
    expect(service.requests).toHaveLength(1)
  })

  it('repeats a read whose connection broke, a few times', async () => {
    const { url, service } = await open((incoming, response) => {
      if (service.requests.length < 3) incoming.socket.destroy()
      else response.end('third')
    })
    const answer = await request(`${url}/v1/things`, { headers: ada })
    expect(await answer.body.text()).toBe('third')
  })

  it('answers 503 with Retry-After where nobody listens, to reads and writes', async () => {
    const gone = await openService(() => undefined)
    await gone.close()
    const fixture = await openDoor({ upstreamUrl: gone.url })
    closings.push(fixture.close)
    for (const method of ['GET', 'POST'] as const) {
      const answer = await request(`${fixture.url}/v1/things`, {
        method,
        headers: ada,
        ...(method === 'POST' ? { body: 'x' } : {}),
      })
      expect(answer.statusCode).toBe(503)
      expect(answer.headers['retry-after']).toBe('1')
      expect(await answer.body.json()).toMatchObject({ code: 'unavailable' })
    }
  })

  it('sends a write to a service that comes back within the attempts, whole and once', async () => {
    const gone = await openService(() => undefined)
    await gone.close()
    const fixture = await openDoor({ upstreamUrl: gone.url })
    closings.push(fixture.close)
    const asked = request(`${fixture.url}/v1/things`, {
      method: 'POST',
      headers: ada,
      body: 'whole',
    })
    const bodies: string[] = []
    const back = await openService((incoming, response) => {
      void text(incoming).then((body) => {
        bodies.push(body)
        response.writeHead(201).end()
      })
    }, gone.port)
    closings.push(back.close)
    expect((await asked).statusCode).toBe(201)
    expect(bodies).toEqual(['whole'])
  })

  it('refuses more than may be on the way to one service at once', async () => {
    const { url, service } = await open(() => undefined, {
      upstreamLimits: { requestsInFlightMax: 1 },
    })
    const leaving = new AbortController()
    const first = fetch(`${url}/v1/things`, { headers: ada, signal: leaving.signal })
    await until(() => service.requests.length === 1)
    const second = await request(`${url}/v1/things`, { headers: ada })
    expect([second.statusCode, second.headers['retry-after']]).toEqual([503, '1'])
    leaving.abort()
    await expect(first).rejects.toThrow('abort')
  })
})
