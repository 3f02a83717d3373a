import { once } from 'node:events'
import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { startS3Double } from '../../testkit/s3-server.ts'
import { chunksOf, get, isSame, newKey, noise, put } from '../conformance/bench.ts'
import { BlobStoreFull, BlobStoreUnavailable } from '../port.ts'
import { openS3BlobStore } from './store.ts'

// A proxy between the adapter and the S3 server, which answers badly when it is told to.

type Fault = (asked: IncomingMessage, answer: ServerResponse) => void

const double = await startS3Double()
const faults: Fault[] = []
let requests = 0
const proxy = createServer((asked, answer) => {
  requests += 1
  asked.on('error', () => {})
  const fault = faults.shift() ?? pass
  fault(asked, answer)
})
proxy.listen(0, '127.0.0.1')
await once(proxy, 'listening')
const store = await openS3BlobStore({
  ...double.options,
  endpoint: addressOf(proxy),
  attemptsMax: 3,
  retryAfterMs: 1,
  idleTimeoutMs: 1_500,
})

beforeEach(() => {
  faults.length = 0
  requests = 0
})
afterAll(async () => {
  await store.close()
  proxy.closeAllConnections()
  proxy.close()
  await double.close()
})

test('a server that fails a few times is asked again', async () => {
  const key = newKey()
  faults.push(status(503), status(500))
  await put(store, key, noise(1_000))
  expect(requests).toBe(3)
  faults.push(status(429), hangUp)
  expect(isSame(await get(store, key), noise(1_000))).toBe(true)
  expect(requests).toBe(6)
})

test('one that goes on failing is unavailable after the limit of attempts', async () => {
  faults.push(status(503), status(503), status(503))
  await expect(store.head(newKey())).rejects.toThrow(BlobStoreUnavailable)
  expect(requests).toBe(3)
})

test('one that does not answer is unavailable after the limit of time', async () => {
  faults.push(silence, silence, silence)
  await expect(store.read(newKey())).rejects.toThrow(BlobStoreUnavailable)
})

test('one that is not there is unavailable', async () => {
  const nobody = { ...double.options, endpoint: 'http://127.0.0.1:9', retryAfterMs: 1 }
  await expect(openS3BlobStore(nobody)).rejects.toThrow(BlobStoreUnavailable)
})

test.each([
  ['wrong credentials', 'SignatureDoesNotMatch', BlobStoreUnavailable],
  ['a bucket that is gone', 'NoSuchBucket', BlobStoreUnavailable],
  ['a full server', 'XMinioStorageFull', BlobStoreFull],
])('%s: nobody asks again', async (_what, code, error) => {
  faults.push(refusal(code))
  await expect(put(store, newKey(), noise(10))).rejects.toThrow(error)
  expect(requests).toBe(1)
})

test('an answer that ends in the middle fails the read, and never ends it early', async () => {
  const key = newKey()
  await put(store, key, noise(3_000_000))
  for (const fault of [cutOff, stopInTheMiddle]) {
    faults.push(fault)
    const { stream, sizeBytes } = await store.read(key)
    expect(sizeBytes).toBe(3_000_000)
    await expect(stream.toArray()).rejects.toThrow(BlobStoreUnavailable)
  }
})

test('a stage goes on after the server was away in the middle of an append', async () => {
  const bytes = noise(30_000_000)
  const stage = await store.stage(newKey(), { resumable: true })
  const away = Array.from({ length: 3 }, () => status(503))
  const losing = (async function* () {
    for await (const chunk of chunksOf(bytes)) {
      if (chunk.byteLength > 0 && requests > 4) faults.push(...away)
      yield chunk
    }
  })()
  await expect(stage.append(0, losing)).rejects.toThrow(BlobStoreUnavailable)
  faults.length = 0
  const offset = await stage.offsetBytes()
  await stage.append(offset, chunksOf(bytes.subarray(offset)))
  expect(await stage.commit()).toBe(bytes.length)
  expect(isSame(await get(store, stage.key), bytes)).toBe(true)
})

test('a commit whose answer was lost is repeated without harm', async () => {
  for (const size of [1_000, 20_000_000]) {
    const stage = await store.stage(newKey(), { resumable: true })
    await stage.append(0, chunksOf(noise(size)))
    await lost(stage.commit())
    const again = await store.stage(stage.key, { resumable: true })
    expect(await again.commit()).toBe(size)
    expect(isSame(await get(store, stage.key), noise(size))).toBe(true)
    expect((await Array.fromAsync(store.listStaged())).map(({ key }) => key)).not.toContain(
      stage.key,
    )
  }
})

/** Lets a call do its work on the server, and none of its answers arrive. */
async function lost(call: Promise<unknown>) {
  faults.push(...Array.from({ length: 12 }, () => doneButLost))
  await expect(call).rejects.toThrow(BlobStoreUnavailable)
  faults.length = 0
}

function forward(asked: IncomingMessage, take: (answer: IncomingMessage) => void) {
  const { hostname, port } = new URL(double.options.endpoint)
  const { method, url, headers } = asked
  const sent = request({ hostname, port, method, path: url, headers }, take)
  sent.on('error', () => {}) // the client went away
  asked.pipe(sent)
}

function pass(asked: IncomingMessage, answer: ServerResponse) {
  forward(asked, (given) => {
    answer.writeHead(given.statusCode ?? 500, given.headers)
    given.pipe(answer)
  })
}

function doneButLost(asked: IncomingMessage) {
  forward(asked, (given) => {
    given.resume()
    given.once('end', () => asked.socket.destroy())
  })
}

function status(code: number): Fault {
  return (asked, answer) => {
    asked.resume()
    answer.writeHead(code).end()
  }
}

function refusal(code: string): Fault {
  const body = `<Error><Code>${code}</Code><Message>x</Message></Error>`
  return (asked, answer) => {
    asked.resume()
    answer.writeHead(code === 'XMinioStorageFull' ? 507 : 403).end(body)
  }
}

function hangUp(asked: IncomingMessage) {
  asked.socket.destroy()
}

function silence(asked: IncomingMessage) {
  asked.resume()
}

/** Sends a third of the body. */
function stopInTheMiddle(asked: IncomingMessage, answer: ServerResponse) {
  forward(asked, (given) => {
    answer.writeHead(given.statusCode ?? 500, given.headers)
    given.once('data', (chunk: Buffer) => answer.write(chunk))
  })
}

function cutOff(asked: IncomingMessage, answer: ServerResponse) {
  forward(asked, (given) => {
    answer.writeHead(given.statusCode ?? 500, given.headers)
    given.once('data', (chunk: Buffer) => {
      answer.write(chunk, () => answer.destroy())
    })
  })
}

function addressOf(server: Server) {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
