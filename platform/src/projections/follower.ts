import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '@atrium/contracts/context.ts'
import type { Client } from 'pg'
import { isStatementFault } from '../database/connection.ts'
import type { Database } from '../database/database.ts'
import type { EventStore, RecordedEvent } from '../event-store/port.ts'
import { startEventSpans } from '../telemetry/event-spans.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { itemsOf, type Item } from './batch.ts'
import { readGenerations, type Generation } from './generation.ts'
import { parkAgain, readHeldKeys, readParkedRows, readReleasedKeys } from './parked.ts'
import type { Progress } from './progress.ts'
import type { ProjectionDefinition } from './projection.ts'
import { applySpan, type Span } from './span.ts'
import { switchTo } from './switch.ts'
import { createWriter, type Writer } from './writer.ts'

/** What every part of a context's projections works with. */
export interface ProjectionPorts {
  readonly context: Context
  readonly store: EventStore
  readonly database: Database
  readonly progress: Progress
  readonly logger: Logger
  readonly tracing: Tracing | undefined
}

/** Events in one transaction. */
const batchSizeMax = 2_000

/** The pause before a failed follower starts again; it doubles up to the limit. */
const pauseMs = { first: 100, max: 5_000 }

/** Events that are applied while a switch holds the live generation still. */
const switchEventsMax = 5_000

/** A head that was measured longer ago than this says nothing about having caught up. */
const headFreshMs = 5_000

export type Follower = ReturnType<typeof createFollower>

/** Keeps one generation up to date until it is closed or the generation is gone. */
export function createFollower(
  ports: ProjectionPorts,
  definition: ProjectionDefinition,
  generation: number,
) {
  const stopping = new AbortController()
  let current: { tend: () => Promise<void> } | undefined
  const done = followForEver(
    { ...ports, definition, generation, onFollowing: (following) => (current = following) },
    stopping.signal,
  )
  return {
    /** Looks for what an operator released, and whether the generation may go live. */
    async tend() {
      await current?.tend()
    },
    async close() {
      stopping.abort()
      await done
    },
  }
}

interface FollowerOptions extends ProjectionPorts {
  readonly definition: ProjectionDefinition
  readonly generation: number
  readonly onFollowing: (following: { tend: () => Promise<void> } | undefined) => void
}

async function followForEver(options: FollowerOptions, signal: AbortSignal) {
  const { logger, definition, generation } = options
  let pause = pauseMs.first
  while (!signal.aborted) {
    const startedAt = performance.now()
    try {
      if ((await follow(options, signal)) === 'gone') return
    } catch (error) {
      if (signal.aborted) return
      const fields = { err: error, projection: definition.name, generation }
      logger.warn(fields, 'a projection stopped and starts again')
    } finally {
      options.onFollowing(undefined)
    }
    if (performance.now() - startedAt > pauseMs.max) pause = pauseMs.first
    await delay(pause, undefined, { signal }).catch(() => {})
    pause = Math.min(pause * 2, pauseMs.max)
  }
}

async function follow(options: FollowerOptions, signal: AbortSignal): Promise<'gone' | 'stopped'> {
  const { database, definition, context, store } = options
  const client = await database.connect(`projection ${definition.name}`, signal)
  const lost = new AbortController()
  client.on('end', () => lost.abort())
  try {
    const row = (await readGenerations(client, definition.name)).find(
      (each) => each.generation === options.generation,
    )
    if (!row) return 'gone'
    const following = await createFollowing(options, client, row)
    options.onFollowing(following)
    await following.tend()
    const batches = store.subscribe({
      after: following.position(),
      // Everything of the context: the checkpoint passes what is not the projection's, too.
      filter: { streamPrefixes: [`${context}.`] },
      signal: AbortSignal.any([signal, lost.signal]),
      batchSizeMax,
    })
    const spans = spansOf(options, batches)
    for await (const span of aheadByOne(spans)) await following.handle(span)
    return 'stopped'
  } finally {
    await client.end().catch(() => {})
  }
}

/** Decodes a batch as soon as it is there. */
async function* spansOf(
  options: FollowerOptions,
  batches: AsyncIterable<readonly RecordedEvent[]>,
): AsyncGenerator<Span> {
  for await (const events of batches) {
    const span = spanOf(options, events)
    if (span) yield span
  }
}

function spanOf(
  { context, definition }: FollowerOptions,
  events: readonly RecordedEvent[],
): Span | undefined {
  const position = events.at(-1)?.position
  if (position === undefined) return undefined
  return { items: itemsOf(context, definition, events), position }
}

/** Fetches and decodes the next batch while the one before is written. */
async function* aheadByOne<Batch>(batches: AsyncIterable<Batch>) {
  const iterator = batches[Symbol.asyncIterator]()
  try {
    let next = iterator.next()
    for (;;) {
      const result = await next
      if (result.done) return
      next = iterator.next()
      next.catch(() => {}) // met by the next round, unless the consumer ends before
      yield result.value
    }
  } finally {
    void iterator.return?.().catch(() => {}) // it ends by its signal
  }
}

/** One connection's work on a generation: batches and operators' wishes, one after the other. */
async function createFollowing(options: FollowerOptions, client: Client, row: Generation) {
  const { definition, tracing, progress, logger } = options
  const held = await readHeldKeys(client, row)
  const writer = await createWriter(client, definition, row, progress.note)
  const inTurn = createTurn()
  const switching = createSwitching(options, row, writer, apply)

  async function handle(span: Span) {
    const traced = tracing?.isExporting ? span.items.map(({ event }) => event) : []
    const endSpans = startEventSpans(tracing, `project ${definition.name}`, 'consumer', traced)
    try {
      await apply(span)
      endSpans()
    } catch (error) {
      endSpans(error)
      throw error
    }
    await switching.attempt()
  }

  async function apply({ items, position }: Span) {
    if (position <= writer.position) return
    const before = held.size
    const isNew = ({ event }: Item) => event.position > writer.position
    const span = { items: items.every(isNew) ? items : items.filter(isNew), position }
    await applySpan(span, held, (plan) => writer.write(plan, held.size > 0))
    if (held.size > before) {
      const fields = { projection: row.projection, generation: row.generation, keys: held.size }
      logger.error(fields, 'a projection set events aside')
    }
  }

  async function tend() {
    const keys = await readReleasedKeys(client, row)
    for (const key of keys) {
      if (await replayKey(options, client, row, writer, key)) held.delete(key)
    }
    // A key whose only event was dropped has no row left to be found by.
    const left = keys.length > 0 || held.size > 0 ? await readHeldKeys(client, row) : held
    for (const key of held) if (!left.has(key)) held.delete(key)
    if (keys.length > 0) await writer.tell(held.size > 0)
    if (row.status !== 'live' || (await isRetired(client, row))) switching.want()
    await switching.attempt()
  }

  return {
    handle: (span: Span) => inTurn(() => handle(span)),
    tend: () => inTurn(tend),
    position: () => writer.position,
  }
}

/** Makes a generation the live one, when that is wanted and it has caught up. */
function createSwitching(
  options: FollowerOptions,
  row: Generation,
  writer: Writer,
  apply: (span: Span) => Promise<void>,
) {
  const { context, store, database, progress, logger } = options
  let isWanted = row.status === 'building'
  let head: { readonly position: number; readonly at: number } | undefined

  /** As far as the store was a moment ago; asked again only where that point is reached. */
  async function hasCaughtUp() {
    if (head && writer.position < head.position) return false
    const now = performance.now()
    if (head && now - head.at < headFreshMs) return true
    head = {
      position: await store.headPosition({ streamPrefixes: [`${context}.`] }),
      at: now,
    }
    return writer.position >= head.position
  }

  /** The last steps before a switch; the subscription brings these events again. */
  async function catchUp(upTo: number) {
    if (writer.position >= upTo) return
    const filter = { streamPrefixes: [`${context}.`] }
    const range = { after: writer.position, filter, limit: switchEventsMax }
    for await (const events of store.readAll(range)) {
      const span = spanOf(
        options,
        events.filter(({ position }) => position <= upTo),
      )
      if (span) await apply(span)
      if (writer.position >= upTo) return
    }
  }

  return {
    want() {
      isWanted = true
    },

    async attempt() {
      if (!isWanted || !(await hasCaughtUp())) return
      const client = await database.owner.connect()
      const outcome = await switchTo(client, row, database.routesRole, catchUp).finally(() =>
        client.release(),
      )
      const fields = { projection: row.projection, generation: row.generation }
      if (outcome === 'has-parked') logger.error(fields, 'a new generation has events set aside')
      if (outcome === 'switched') logger.info(fields, 'a projection was switched')
      isWanted = outcome === 'behind' || outcome === 'busy'
      if (outcome === 'switched') await progress.refresh()
    },
  }
}

async function isRetired(client: Client, row: Generation) {
  const generations = await readGenerations(client, row.projection)
  return generations.find(({ generation }) => generation === row.generation)?.status === 'retired'
}

/** Applies what was set aside of a key, in order. False where an event failed again. */
async function replayKey(
  { context, store, definition }: FollowerOptions,
  client: Client,
  row: Generation,
  writer: Writer,
  key: string,
): Promise<boolean> {
  for (;;) {
    const rows = await readParkedRows(client, row, key)
    if (rows.length === 0) return true
    for (const parked of rows) {
      if (parked.state === 'parked') return false
      const { stream, revision: from } = parked
      const events: RecordedEvent[] = []
      for await (const event of store.readStream(stream, { from, limit: 1 })) events.push(event)
      const [item] = itemsOf(context, definition, events)
      if (item?.fault !== undefined) {
        await parkAgain(client, row, parked.position, item.fault)
        return false
      }
      try {
        await writer.release(parked, item)
      } catch (error) {
        if (!isStatementFault(error)) throw error
        await parkAgain(client, row, parked.position, error)
        return false
      }
    }
  }
}

/** Runs one work after the other. */
function createTurn() {
  let last: Promise<unknown> = Promise.resolve()
  return <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work, work)
    last = turn.catch(() => {})
    return turn
  }
}
