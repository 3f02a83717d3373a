import { attributesOf, headerOf } from '@atrium/contracts/cloud-event.ts'
import { contexts, type Context } from '@atrium/contracts/context.ts'
import type { Actor } from '@atrium/contracts/metadata.ts'
import { jetStreamOf, subjectOf } from '@atrium/contracts/naming.ts'
import { connectNats } from '@atrium/platform/messaging/nats.ts'
import { ensureStream, jetStreamManager } from '@atrium/platform/messaging/stream.ts'
import { findNatsServer } from '@atrium/platform/servers/install-nats.ts'
import { startNatsServer, type NatsServer } from '@atrium/platform/servers/nats-server.ts'
import { createOrphanGuard, type OrphanGuard } from '@atrium/platform/servers/orphan-guard.ts'
import { randomUUID } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { headers as natsHeaders, type NatsConnection } from 'nats'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bearer, openDoor, until, type DoorFixture } from '../door-fixture.ts'
import { decodeCursor } from './cursor.ts'
import { createEventStreams, defaultEventLimits, type EventLimits } from './stream.ts'

// A NATS server of its own: the streams' names are fixed, and it is stopped in between.
let guard: OrphanGuard
let server: NatsServer
let nats: NatsConnection
let folder: string
const logger = pino({ level: 'silent' })
const closings: (() => unknown)[] = []

const start = async (port?: number) =>
  startNatsServer(
    {
      program: await findNatsServer(join(process.cwd(), '.atrium', 'bin')),
      folder,
      logFile: join(folder, 'nats.log'),
      user: 'test',
      password: 'test',
      ...(port === undefined ? {} : { port }),
    },
    guard,
  )

beforeAll(async () => {
  guard = createOrphanGuard()
  folder = await mkdtemp(join(tmpdir(), 'atrium-gateway-nats-'))
  guard.removeAtEnd(folder)
  server = await start()
  nats = await connectNats({ url: server.url, name: 'test', logger })
  for (const context of contexts) await ensureStream(nats, context)
})
afterAll(async () => {
  await nats.close()
  await guard.close()
})
afterEach(async () => {
  for (const close of closings.splice(0).toReversed()) await close()
})

async function open(limits: Partial<EventLimits> = {}): Promise<DoorFixture> {
  let streams: ReturnType<typeof createEventStreams> | undefined
  const fixture = await openDoor({
    upstreamUrl: 'http://127.0.0.1:9',
    prepare: (door, { revocations }) => {
      const all = { ...defaultEventLimits, ...limits }
      streams = createEventStreams({ door, nats, revocations, logger, limits: all })
      streams.start()
    },
  })
  closings.push(async () => {
    await streams?.close()
    await fixture.close()
  })
  await until(() => streams?.ready() === true)
  return fixture
}

let position = 0
async function publish(
  userId: string,
  options: {
    context?: Context
    type?: string
    tenant?: string
    actor?: Actor
    data?: Record<string, unknown>
  } = {},
) {
  const { context = 'instances', type = 'InstanceRenamed', tenant = 'default' } = options
  position += 1
  const fields = natsHeaders()
  const metadata = {
    tenant,
    actor: options.actor ?? { userId },
    correlationId: 'cor',
    commandId: randomUUID(),
    schemaVersion: 1,
  }
  const event = {
    id: randomUUID(),
    type,
    stream: `${context}.owner-${tenant}:${userId}`,
    revision: 0,
    position,
    recordedAt: '2026-01-01T00:00:00.000Z',
    metadata,
  }
  for (const [name, value] of attributesOf(context, event)) fields.set(headerOf(name), value)
  const data = options.data ?? { instanceId: 'ins_1', name: `event ${position}` }
  const subject = subjectOf(context, tenant, type)
  await nats.jetstream().publish(subject, JSON.stringify(data), { headers: fields })
  return `event ${position}`
}

interface Message {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string
}

/** A client of the stream: the messages that came, and the last id that any line named. */
async function listen(
  url: string,
  claims: Parameters<typeof bearer>[0],
  options: { query?: string; lastEventId?: string } = {},
) {
  const controller = new AbortController()
  closings.push(() => controller.abort())
  const response = await fetch(`${url}/v1/events${options.query ?? ''}`, {
    headers: {
      ...bearer(claims),
      ...(options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId }),
    },
    signal: controller.signal,
  })
  const messages: Message[] = []
  const state = { ended: false, lastId: '' }
  const decoder = new TextDecoder()
  let text = ''
  const read = async () => {
    for await (const chunk of response.body ?? []) {
      const parts = (text + decoder.decode(chunk as Uint8Array)).split('\n\n')
      text = parts.pop() ?? ''
      for (const part of parts) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1]
        state.lastId = field('id') ?? state.lastId
        const data = field('data')
        if (data !== undefined) messages.push({ id: field('id'), event: field('event'), data })
      }
    }
  }
  void read()
    .catch(() => undefined)
    .finally(() => (state.ended = true))
  const names = () =>
    messages.map(({ data }) => (JSON.parse(data) as { data?: { name?: string } }).data?.name)
  return { response, messages, state, names, leave: () => controller.abort() }
}

const person = () => `usr_${randomUUID()}`

describe('the stream of events', () => {
  it('tells what the caller caused or what follows from it, and nothing else', async () => {
    const { url } = await open()
    const [ada, bob] = [person(), person()]
    const stream = await listen(url, { userId: ada })
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream')
    await until(() => stream.state.lastId !== '')
    await publish(bob)
    await publish(ada, { tenant: 'other' })
    await publish(ada, { actor: { service: 'timer' } })
    const own = await publish(ada)
    const reaction = await publish(ada, { actor: { userId: ada, service: 'a-reaction' } })
    await until(() => stream.messages.length >= 2)
    expect(stream.names()).toEqual([own, reaction])
    expect(stream.messages[0]?.event).toBe('InstanceRenamed')
    expect(JSON.parse(stream.messages[0]?.data ?? '')).toMatchObject({
      specversion: '1.0',
      source: '/atrium/instances',
      type: 'InstanceRenamed',
      tenant: 'default',
    })
  })

  it('tells of one instance alone when asked to', async () => {
    const { url } = await open()
    const ada = person()
    const stream = await listen(url, { userId: ada }, { query: '?instanceId=ins_2' })
    await until(() => stream.state.lastId !== '')
    await publish(ada)
    const wanted = await publish(ada, { data: { instanceId: 'ins_2', name: 'wanted' } })
    await until(() => stream.messages.length > 0)
    expect([stream.names(), wanted.length > 0]).toEqual([['wanted'], true])
    const wrong = await listen(url, { userId: ada }, { query: '?instance=x' })
    expect(wrong.response.status).toBe(422)
  })

  it('goes on behind Last-Event-ID: nothing missed, nothing twice, while more comes', async () => {
    const { url } = await open()
    const ada = person()
    const first = await listen(url, { userId: ada })
    await until(() => first.state.lastId !== '')
    await publish(ada)
    await until(() => first.messages.length === 1)
    first.leave()
    const missed: string[] = []
    for (let at = 0; at < 50; at += 1) {
      missed.push(
        await publish(ada, at % 2 === 0 ? {} : { context: 'auth', type: 'ProfileChanged' }),
      )
      await publish(person())
    }
    const second = listen(url, { userId: ada }, { lastEventId: first.state.lastId })
    for (let at = 0; at < 50; at += 1) missed.push(await publish(ada))
    const { names } = await second
    await until(() => names().length >= missed.length)
    expect(names()).toHaveLength(missed.length)
    expect(new Set(names())).toEqual(new Set(missed))
  })

  it('moves the id on while the caller does nothing, so that little is replayed', async () => {
    const { url } = await open({ heartbeatMs: 50, replayMax: 5 })
    const ada = person()
    const owner = { tenant: 'default', userId: ada }
    const first = await listen(url, { userId: ada })
    for (let at = 0; at < 10; at += 1) await publish(person())
    const { streams } = await jetStreamManager(nats)
    const { state } = await streams.info(jetStreamOf('instances'))
    const seen = () => decodeCursor(first.state.lastId, owner)?.instances ?? 0
    await until(() => seen() === state.last_seq)
    const last = first.state.lastId
    first.leave()
    const own = await publish(ada)
    const resumed = await listen(url, { userId: ada }, { lastEventId: last })
    await until(() => resumed.messages.length > 0)
    expect(resumed.names()).toEqual([own])
  })

  it('says reset for an id too old, foreign or made up, and is live from there', async () => {
    const { url } = await open({ replayMax: 5 })
    const [ada, bob] = [person(), person()]
    const first = await listen(url, { userId: ada })
    await until(() => first.state.lastId !== '')
    first.leave()
    for (let at = 0; at < 6; at += 1) await publish(ada)
    const attempts = [
      { userId: ada, lastEventId: first.state.lastId, reason: 'too-old' },
      { userId: bob, lastEventId: first.state.lastId, reason: 'unknown-id' },
      { userId: ada, lastEventId: 'nonsense', reason: 'unknown-id' },
    ]
    for (const { userId, lastEventId, reason } of attempts) {
      const stream = await listen(url, { userId }, { lastEventId })
      await until(() => stream.messages.length > 0)
      expect(stream.messages[0]).toMatchObject({ event: 'reset', data: JSON.stringify({ reason }) })
      const live = await publish(userId)
      await until(() => stream.messages.length > 1)
      expect(stream.names()).toEqual([undefined, live])
    }
  })

  it('ends with the session, before the next heartbeat, and with the token', async () => {
    const { url, revocations } = await open({ heartbeatMs: 600_000 })
    const ada = person()
    const stream = await listen(url, { userId: ada, sessionId: 'ses_a' })
    const other = await listen(url, { userId: ada, sessionId: 'ses_b' })
    await until(() => stream.state.lastId !== '' && other.state.lastId !== '')
    revocations.revoke('ses_a')
    await until(() => stream.state.ended)
    expect(stream.messages.at(-1)).toMatchObject({ event: 'end' })
    expect(other.state.ended).toBe(false)
    const short = await listen(url, { userId: ada, sessionId: 'ses_c', expiresInMs: 300 })
    await until(() => short.state.ended)
    expect(short.messages.at(-1)?.data).toContain('token-expired')
  })

  it('lets a client go that does not take what it asked for', async () => {
    const { url, port } = await open()
    const ada = person()
    const socket = connect(port, '127.0.0.1')
    closings.push(() => socket.destroy())
    let [head, gone] = ['', false]
    socket.on('data', (chunk) => (head += chunk.toString())).on('error', () => undefined)
    socket.on('close', () => (gone = true))
    const { authorization } = bearer({ userId: ada })
    socket.write(`GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`)
    await until(() => head.includes('heartbeat'))
    socket.pause()
    const healthy = await listen(url, { userId: ada })
    await until(() => healthy.state.lastId !== '')
    const name = 'x'.repeat(500_000)
    for (let at = 0; at < 40; at += 1) {
      await publish(ada, { data: { instanceId: 'i', name } })
      await until(() => healthy.messages.length > at) // who reads along is not let go
    }
    socket.resume()
    await until(() => gone)
    expect(head.length).toBeLessThan(40 * name.length)
  })

  it('bounds the open streams of one user', async () => {
    const { url } = await open({ connectionsPerUserMax: 2 })
    const ada = person()
    const first = await listen(url, { userId: ada })
    await listen(url, { userId: ada })
    const third = await listen(url, { userId: ada })
    expect(third.response.status).toBe(429)
    expect(third.response.headers.get('retry-after')).toBe('30')
    first.leave()
    let again = 429
    await until(() => {
      void fetch(`${url}/v1/events`, { method: 'HEAD', headers: bearer({ userId: ada }) }).then(
        ({ status }) => (again = status),
        () => undefined,
      )
      return again === 200
    })
  })

  it('misses nothing while NATS is away', async () => {
    const { url } = await open()
    const ada = person()
    const stream = await listen(url, { userId: ada })
    await until(() => stream.state.lastId !== '')
    const names = [await publish(ada)]
    await until(() => stream.messages.length === 1)
    await server.stop()
    server = await start(server.port)
    let back = false
    const ask = async () => {
      await nats.flush()
      await (await jetStreamManager(nats)).streams.info(jetStreamOf('instances'))
      back = true
    }
    await until(() => {
      if (!back) void ask().catch(() => undefined)
      return back
    }, 20_000)
    names.push(await publish(ada), await publish(ada))
    await until(() => stream.messages.length === 3)
    expect(stream.names()).toEqual(names)
  })
})
