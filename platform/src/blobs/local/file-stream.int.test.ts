import { once } from 'node:events'
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { BlobDamaged } from '../port.ts'
import { createFileStream } from './file-stream.ts'
import { createReadBuffers, type ReadBuffers } from './read-buffers.ts'

const sizeBytes = 3 * 1024 * 1024 + 17
const names = ['a', 'b', 'c', 'd']
let folder: string
/** Each buffer that was taken and not given back, and how often one was given back. */
let lent: Set<Buffer>
let givenBack: number
let answer: (name: string, response: ServerResponse) => void

/** Every byte of a file is the one of its name: a foreign byte is seen. */
const contentOf = (name: string) => Buffer.alloc(sizeBytes, name)

const server = createServer((incoming, response) => {
  answer(incoming.url?.slice(1) ?? '', response)
})
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-file-stream-'))
  for (const name of names) await writeFile(join(folder, name), contentOf(name))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

let buffers: ReadBuffers
beforeEach(() => {
  lent = new Set()
  givenBack = 0
  const plain = createReadBuffers()
  buffers = {
    take(bytes) {
      const buffer = plain.take(bytes)
      expect(lent.has(buffer)).toBe(false)
      lent.add(buffer)
      return buffer
    },
    giveBack(buffer) {
      givenBack += 1
      lent.delete(buffer)
      plain.giveBack(buffer)
    },
  }
  answer = (name, response) => {
    void streamOf(name).then((stream) => {
      response.writeHead(200, { 'content-length': sizeBytes })
      stream.on('error', () => response.destroy()).pipe(response)
      response.on('close', () => stream.destroy())
    })
  }
})

async function streamOf(name: string, range = { start: 0, end: sizeBytes }) {
  return createFileStream(await open(join(folder, name), 'r'), range, buffers)
}

async function ask(name: string): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo
  const sent = request({ host: '127.0.0.1', port, path: `/${name}`, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}

it('sends each of many clients its own bytes, slow ones too, from buffers used again', async () => {
  const clients = Array.from({ length: 32 }, async (_, index) => {
    const name = names[index % names.length] ?? ''
    const response = await ask(name)
    const chunks: Buffer[] = []
    for await (const chunk of response) {
      chunks.push(chunk as Buffer)
      if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(Buffer.concat(chunks).equals(contentOf(name))).toBe(true)
  })
  await Promise.all(clients)
  expect(lent.size).toBe(0)
  expect(givenBack).toBeGreaterThan(32)
})

it('never uses a buffer again whose bytes a client did not take', async () => {
  const tooMuch = 64 * 1024 * 1024 // for the sockets of the system to take at once
  await writeFile(join(folder, 'large'), Buffer.alloc(tooMuch, 'l'))
  const send = answer
  answer = (name, response) => {
    if (name !== 'large') return send(name, response)
    void streamOf(name, { start: 0, end: tooMuch }).then((stream) => {
      response.on('close', () => stream.destroy())
      stream.on('error', () => response.destroy()).pipe(response)
    })
  }
  const clients = await Promise.all(Array.from({ length: 8 }, () => ask('large')))
  await expect.poll(() => lent.size).toBeGreaterThanOrEqual(8)
  for (const client of clients) client.destroy()
  const after = await ask('b')
  const chunks = (await after.toArray()) as Buffer[]
  expect(Buffer.concat(chunks).equals(contentOf('b'))).toBe(true)
})

it('breaks the connection where the file ends early, and closes the file', async () => {
  await writeFile(join(folder, 'short'), contentOf('s'))
  const failed = Promise.withResolvers<Error>()
  answer = (name, response) => {
    void streamOf(name).then(async (stream) => {
      await truncate(join(folder, name), 1_000_000)
      response.writeHead(200, { 'content-length': sizeBytes })
      stream.on('error', (error) => {
        failed.resolve(error)
        response.destroy()
      })
      stream.pipe(response)
    })
  }
  const response = await ask('short')
  await expect(response.toArray()).rejects.toThrow('aborted')
  expect(await failed.promise).toBeInstanceOf(BlobDamaged)
})

it('does not end a response whose bytes were not all sent', async () => {
  const broken = Promise.withResolvers<boolean>()
  answer = (name, response) => {
    void streamOf(name).then((stream) => {
      const write = response.write.bind(response)
      response.write = (...given: unknown[]) => {
        stream.destroy(new Error('the store is closed'))
        return Reflect.apply(write, response, given) as boolean
      }
      response.writeHead(200, { 'content-length': sizeBytes })
      stream.on('error', () => {
        broken.resolve(response.writableEnded)
        response.destroy()
      })
      stream.pipe(response)
    })
  }
  await expect(ask('a').then((response) => response.toArray())).rejects.toThrow(
    /aborted|hang up|ECONNRESET/,
  )
  expect(await broken.promise).toBe(false)
})

it('gives chunks to keep to whoever is no HTTP response', async () => {
  const range = { start: 5, end: 2 * 1024 * 1024 }
  const content = contentOf('c').subarray(range.start, range.end)
  const chunks = (await (await streamOf('c', range)).toArray()) as Buffer[]
  expect(Buffer.concat(chunks).equals(content)).toBe(true)
  const passing = new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) })
  const passed = (await (await streamOf('c', range)).pipe(passing).toArray()) as Buffer[]
  expect(Buffer.concat(passed).equals(content)).toBe(true)
  expect([givenBack, lent.size]).toEqual([0, 0])
})

it('ends, and closes its file, where there is nothing to read', async () => {
  const file = await open(join(folder, 'd'), 'r')
  const stream = createFileStream(file, { start: 7, end: 7 }, buffers)
  expect(await stream.toArray()).toEqual([])
  await expect.poll(() => file.fd).toBe(-1)
})
