import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLogger } from '../telemetry/logger.ts'
import { profiled, registered, settled, silent, userStream } from '../testkit/messaging-context.ts'
import {
  createReactionsContext,
  noting,
  type ReactionsContext,
  type TestDeps,
} from '../testkit/reactions-context.ts'
import { createWaitHandled } from './handled.ts'
import { dropParked, listParked, retryParked, showParked } from './operate.ts'
import { createReactions, pruneHandled } from './reactions.ts'
import { createWakeups } from '../database/wakeups.ts'

const waitLimit = { timeout: 60_000, interval: 20 }
const timeoutMs = 15_000

let context: ReactionsContext
let deps: TestDeps

beforeEach(async () => {
  context = await createReactionsContext()
  deps = { handled: [] }
})
afterEach(() => context.close())

const idsOf = ({ handled }: TestDeps) => handled.map(({ id }) => id)
const revisionsOf = (stream: string) =>
  deps.handled.filter((event) => event.stream === stream).map(({ revision }) => revision)

/** Streams of `count` users with one registration and `profiles` public changes each. */
async function writeUsers(count: number, profiles: number, prefix = 'usr') {
  const streams = Array.from({ length: count }, (_, number) => userStream(`${prefix}_${number}`))
  const positions = await Promise.all(
    streams.map((stream, number) => {
      const user = `${prefix}_${number}`
      const changes = Array.from({ length: profiles }, (_, index) => profiled(user, index))
      return context.write(stream, [registered(user), ...changes])
    }),
  )
  return { streams, last: Math.max(...positions) }
}

const waitFor = (publicPosition: number, tenant = 'default') => ({
  source: 'auth' as const,
  publicPosition,
  tenant,
  timeoutMs,
})

describe('reactions', () => {
  it('handle the events of their type as they were recorded, and tell how far they wrote', async () => {
    const reactions = await context.process([noting('welcome', 'UserRegistered')], deps)
    const position = await context.write(userStream('usr_1'), [
      registered('usr_1'),
      settled('usr_1', 0),
    ])
    const written = await reactions.waitHandled(waitFor(position))
    expect(written).toEqual({ position, publicPosition: position })
    expect(deps.handled).toHaveLength(1)
    expect(deps.handled[0]).toMatchObject({
      type: 'UserRegistered',
      stream: userStream('usr_1'),
      revision: 0,
      position,
      data: { userId: 'usr_1', email: 'usr_1@example.org' },
      metadata: { tenant: 'default', correlationId: 'correlation-usr_1' },
    })
  })

  it('handle one aggregate in order and one at a time, others meanwhile, in all processes', async () => {
    const running = new Map<string, number>()
    let most = 0
    let together = 0
    const reaction = noting('follow', 'ProfileChanged', async ({ stream }) => {
      const now = (running.get(stream) ?? 0) + 1
      running.set(stream, now)
      most = Math.max(most, now)
      together = Math.max(
        together,
        [...running.values()].reduce((sum, count) => sum + count, 0),
      )
      await new Promise((resolve) => setImmediate(resolve))
      running.set(stream, now - 1)
    })
    const [first, second] = [
      await context.process([reaction], deps),
      await context.process([reaction], deps),
    ]
    const { streams, last } = await writeUsers(10, 12)
    await Promise.all([first.waitHandled(waitFor(last)), second.waitHandled(waitFor(last))])
    await vi.waitFor(() => expect(deps.handled).toHaveLength(120), waitLimit)
    for (const stream of streams) {
      expect(revisionsOf(stream)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1))
    }
    expect(most).toBe(1)
    expect(together).toBeGreaterThan(1)
  })

  it('handle events of several types in the order of their aggregate', async () => {
    const types = ['UserRegistered', 'ProfileChanged']
    const reactions = await context.process([noting('follow', types)], deps)
    const { last, streams } = await writeUsers(4, 3)
    await reactions.waitHandled(waitFor(last))
    for (const stream of streams) expect(revisionsOf(stream)).toEqual([0, 1, 2, 3])
    expect(deps.handled[0]?.type).toBe('UserRegistered')
  })

  it('begin at the first event when they are added later', async () => {
    await writeUsers(5, 2)
    const early = await context.process([noting('early', 'UserRegistered')], deps)
    const { last } = await writeUsers(5, 2, 'more')
    await early.waitHandled(waitFor(last))
    const late: TestDeps = { handled: [] }
    const reactions = await context.process(
      [noting('early', 'UserRegistered'), noting('late', 'ProfileChanged')],
      late,
    )
    await early.close()
    await reactions.waitHandled(waitFor(last))
    expect(late.handled).toHaveLength(20)
  })

  it('handle no event twice when NATS redelivers, is killed, or loses its volume', async () => {
    const reaction = noting('once', 'ProfileChanged')
    await context.process([reaction], deps)
    const second = await context.process([reaction], deps)
    let { last } = await writeUsers(10, 5, 'calm')
    await second.waitHandled(waitFor(last))
    for (const round of ['one', 'two', 'three']) {
      const writing = writeUsers(10, 5, round)
      await context.nats.kill()
      if (round === 'two') await context.nats.loseVolume()
      await context.nats.restart()
      last = (await writing).last
    }
    await second.waitHandled(waitFor(last))
    await vi.waitFor(() => expect(deps.handled).toHaveLength(200), waitLimit)
    expect(new Set(idsOf(deps)).size).toBe(200)
    for (const row of await context.inbox()) expect(row.status).toBe('done')
  })

  it('park what fails too often, hold what is behind it, and resume in order', async () => {
    let mended = false
    const broken = userStream('broken_0')
    const reaction = noting('picky', 'ProfileChanged', ({ stream, revision }) => {
      if (stream === broken && revision === 2 && !mended) throw new Error('cannot do this')
    })
    const reactions = await context.process([reaction], deps)
    const { last: lastBroken } = await writeUsers(1, 4, 'broken')
    const { owner } = context.instances.database
    await vi.waitFor(async () => expect(await listParked(owner)).toHaveLength(1), waitLimit)
    const { last } = await writeUsers(3, 2, 'fine')
    await reactions.waitHandled(waitFor(last))
    expect(revisionsOf(broken)).toEqual([1])
    expect(deps.handled).toHaveLength(7)

    const [parked] = await listParked(owner)
    expect(parked).toMatchObject({
      reaction: 'picky',
      stream: broken,
      attempts: 3,
      fault: 'Error: cannot do this',
      waiting: 2,
      tenant: 'default',
    })
    if (!parked) return
    expect(await showParked(owner, parked)).toMatchObject({ event: { type: 'ProfileChanged' } })

    const blocked = { ...waitFor(parked.position), timeoutMs: 200 }
    await expect(reactions.waitHandled(blocked)).rejects.toMatchObject({
      code: 'not-yet-consistent',
    })
    const held = { ...waitFor(lastBroken), timeoutMs: 200 }
    await expect(reactions.waitHandled(held)).rejects.toMatchObject({ code: 'not-yet-consistent' })

    mended = true
    expect(await retryParked(owner, parked)).toBe(true)
    expect(await retryParked(owner, parked)).toBe(false)
    await reactions.waitHandled(waitFor(lastBroken))
    expect(revisionsOf(broken)).toEqual([1, 2, 3, 4])
  })

  it('go on behind a parked event that is dropped', async () => {
    const broken = userStream('broken_0')
    const reaction = noting('picky', 'ProfileChanged', ({ stream, revision }) => {
      if (stream === broken && revision === 1) throw new Error('never')
    })
    const reactions = await context.process([reaction], deps)
    const { last } = await writeUsers(1, 3, 'broken')
    const { owner } = context.instances.database
    await vi.waitFor(async () => expect(await listParked(owner)).toHaveLength(1), waitLimit)
    const [parked] = await listParked(owner)
    expect(parked && (await dropParked(owner, parked))).toBe(true)
    await reactions.waitHandled(waitFor(last))
    expect(revisionsOf(broken)).toEqual([2, 3])
    expect((await context.inbox()).map(({ status }) => status)).toEqual(['dropped', 'done', 'done'])
  })

  it('end a reaction that takes too long by its signal, and try it again', async () => {
    let aborted = 0
    const reaction = noting(
      'slow',
      'UserRegistered',
      async (_event, signal) => {
        if (aborted > 0) return
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            aborted += 1
            resolve()
          })
        })
        signal.throwIfAborted()
      },
      { timeoutMs: 100 },
    )
    const reactions = await context.process([reaction], deps)
    const { last } = await writeUsers(1, 0)
    await reactions.waitHandled(waitFor(last))
    expect(aborted).toBe(1)
    expect(deps.handled).toHaveLength(1)
    expect((await context.inbox())[0]).toMatchObject({ status: 'done', attempts: 1 })
  })

  it('set a message aside that is not one of ours, and let everything else flow', async () => {
    const reactions = await context.process([noting('welcome', 'UserRegistered')], deps)
    const { last } = await writeUsers(2, 0)
    await reactions.waitHandled(waitFor(last))
    const connection = await context.nats.connect()
    await connection.jetstream().publish('atrium.auth.default.UserRegistered', '{"userId":"x"}')
    const { last: after } = await writeUsers(2, 0, 'after')
    await reactions.waitHandled(waitFor(after))
    const { owner } = context.instances.database
    await vi.waitFor(async () => expect(await listParked(owner)).toHaveLength(1), waitLimit)
    expect((await listParked(owner))[0]).toMatchObject({ stream: 'message:ATRIUM_AUTH:3' })
    expect(deps.handled).toHaveLength(4)
  })

  it('take over what a process left that died, soon after its lease', async () => {
    const { owner } = context.instances.database
    let calls = 0
    const stuck = noting('stuck', 'UserRegistered', async () => {
      calls += 1
      if (calls > 1) return
      // As if the process had died: its lease is not renewed, and nothing of it is noted.
      await owner.query(`update platform.reaction_lane set lease = gen_random_uuid()`)
    })
    const reactions = await context.process([stuck], deps)
    const { last } = await writeUsers(1, 0)
    await reactions.waitHandled(waitFor(last))
    expect(calls).toBe(2)
  })

  it('carry the trace on: their span follows from the event, their commands from the span', async () => {
    const begun: unknown[] = []
    const traceparent = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`
    const tracing = {
      isExporting: true,
      start(name: string, options: unknown) {
        begun.push({ name, options })
        return {
          traceparent,
          set: () => undefined,
          end: (error?: unknown) => begun.push({ error }),
        }
      },
      close: () => Promise.resolve(),
    }
    const reactions = await context.process([noting('welcome', 'UserRegistered')], deps, tracing)
    const event = registered('usr_1')
    await reactions.waitHandled(waitFor(await context.write(userStream('usr_1'), [event])))
    expect(begun).toMatchObject([
      { name: 'react welcome', options: { parent: event.metadata.traceparent } },
      { error: undefined },
    ])
    expect(deps.handled[0]?.metadata.traceparent).toBe(traceparent)
  })

  it('let a reader wait in a process that handles nothing itself', async () => {
    await context.process([noting('welcome', 'UserRegistered')], deps)
    const database = await context.instances.replica()
    const wakeups = createWakeups({
      database,
      name: 'reactions',
      channels: ['atrium_reactions'],
      logger: silent,
    })
    wakeups.start()
    const waitHandled = createWaitHandled(database, [{ name: 'welcome', source: 'auth' }], wakeups)
    const position = await context.write(userStream('usr_1'), [registered('usr_1')])
    await expect(waitHandled(waitFor(position))).resolves.toEqual({
      position,
      publicPosition: position,
    })
    await expect(waitHandled({ ...waitFor(position + 1), timeoutMs: 100 })).rejects.toMatchObject({
      code: 'not-yet-consistent',
    })
    await expect(waitHandled({ ...waitFor(9_999), source: 'instances' })).resolves.toEqual({})
    await wakeups.close()
  })

  it('do not handle again what was pruned from the inbox, even when the volume is lost', async () => {
    const reactions = await context.process([noting('welcome', 'UserRegistered')], deps)
    const { last } = await writeUsers(5, 0)
    await reactions.waitHandled(waitFor(last))
    expect(await pruneHandled(context.instances.database, 3_600_000)).toBe(0)
    expect(await pruneHandled(context.instances.database, 0)).toBe(5)
    await context.nats.kill()
    await context.nats.loseVolume()
    await context.nats.restart()
    const { last: after } = await writeUsers(5, 0, 'after')
    await reactions.waitHandled(waitFor(after))
    expect(deps.handled).toHaveLength(10)
  })

  it('take in nothing of a stream that was rewritten behind them, and say so', async () => {
    const { database } = context.auth
    const position = await context.write(userStream('usr_lost'), [registered('usr_lost')])
    const first = await context.process([noting('welcome', 'UserRegistered')], deps)
    await first.waitHandled(waitFor(position))
    await first.close()
    await context.nats.kill()
    await context.nats.loseVolume()
    await database.owner.query('delete from event_store.events')
    await database.owner.query('update event_store.head set position = 0')
    await context.nats.restart()
    // Another fact has the position of the lost one, and is private.
    await context.write(userStream('usr_new'), [settled('usr_new', 0), registered('usr_new')])
    const told: unknown[] = []
    const logger = createLogger({ name: 'test', level: 'silent' })
    const again = createReactions({
      context: 'instances',
      nats: await context.nats.connect(),
      database: context.instances.database,
      definitions: [noting('welcome', 'UserRegistered')],
      deps,
      logger: Object.assign(logger, { error: ({ err }: { err: Error }) => told.push(err.name) }),
    })
    again.start()
    await vi.waitFor(() => expect(told).toContain('StreamRewritten'), waitLimit)
    await again.close()
    expect(deps.handled.map(({ stream }) => stream)).toEqual([userStream('usr_lost')])
  })

  it(
    'work through a backlog of 10,000 events, each once and in order',
    { timeout: 120_000 },
    async () => {
      const { last, streams } = await writeUsers(500, 19)
      const reaction = noting('late', 'ProfileChanged')
      const startedAt = performance.now()
      await context.process([reaction], deps)
      const second = await context.process([reaction], deps)
      await second.waitHandled({ ...waitFor(last), timeoutMs: 100_000 })
      console.info(`9,500 events in ${Math.round(performance.now() - startedAt)} ms`)
      expect(deps.handled).toHaveLength(9_500)
      expect(new Set(idsOf(deps)).size).toBe(9_500)
      const order = Array.from({ length: 19 }, (_, index) => index + 1)
      for (const stream of streams) expect(revisionsOf(stream)).toEqual(order)
    },
  )
})
