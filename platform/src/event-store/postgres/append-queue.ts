import { setImmediate as nextTurn } from 'node:timers/promises'
import pg from 'pg'
import type { CheckedAppend } from '../serialise.ts'
import { StoreUnavailable } from '../port.ts'
import { int4Array, int8Array, textArray, uuidArray } from './binary-array.ts'
import { asText, backOff, connectionConfig, isConnectionLoss } from './connection.ts'

/** What the store made of one append: see append_group in schema.sql. */
export type Outcome =
  | { readonly status: 'appended'; readonly revision: number; readonly position: number }
  | { readonly status: 'refused'; readonly last: number }
  | { readonly status: 'ended' }

export interface AppendQueue {
  push(append: CheckedAppend): Promise<Outcome>
  /** Waits for what is queued. */
  close(): Promise<void>
}

/** A group takes what has gathered while the last commit was under way, up to these. */
const groupEventsMax = 2_000
const groupBytesMax = 4 * 1024 * 1024

/** Appends that wait; one more is refused as unavailable. */
const queuedAppendsMax = 20_000

const statement = `select base, outcomes
  from event_store.append_group($1, $2, $3, $4, $5, $6, $7, $8, $9)`

interface Waiting {
  readonly append: CheckedAppend
  readonly giveUpAt: number
  sent: boolean
  resolve(outcome: Outcome): void
  reject(error: Error): void
}

/**
 * Group commit: one connection, one statement under way; everything that arrives meanwhile goes
 * down together with the next. A group whose answer was lost is sent again as it was, until
 * `giveUpAfterMs` after its oldest append came: the ids tell what had been written.
 */
export function createAppendQueue(connectionString: string, giveUpAfterMs: number): AppendQueue {
  let waiting: Waiting[] = []
  let running: Promise<void> | undefined
  let closed = false
  const link = createLink(connectionString)

  async function run() {
    await nextTurn()
    while (waiting.length > 0) {
      const group = takeGroup(waiting)
      waiting = waiting.slice(group.length)
      try {
        const outcomes = await send(group)
        for (const [index, outcome] of outcomes.entries()) group[index]?.resolve(outcome)
      } catch (error) {
        const reason = error instanceof Error ? error : new Error(String(error))
        for (const entry of group) entry.reject(lost(entry, reason))
      }
      // The callers that were just answered bring their next appends into the next group.
      await nextTurn()
    }
    running = undefined
  }

  async function send(group: readonly Waiting[]): Promise<Outcome[]> {
    const giveUpAt = Math.min(...group.map((entry) => entry.giveUpAt))
    const values = encode(group)
    for (let attempt = 1; ; attempt += 1) {
      try {
        const client = await link.get()
        for (const entry of group) entry.sent = true
        const result = await client.query<[string, string]>({
          name: 'append-group',
          text: statement,
          values,
          rowMode: 'array',
          types: asText,
        })
        return decode(group, result.rows[0])
      } catch (error) {
        if (!isConnectionLoss(error)) throw error
        link.drop()
        if (Date.now() >= giveUpAt) throw error
        await backOff(attempt)
      }
    }
  }

  return {
    push(append) {
      if (closed) return Promise.reject(new StoreUnavailable('The event store is closed', false))
      if (waiting.length >= queuedAppendsMax) {
        return Promise.reject(new StoreUnavailable('Too many appends are waiting', false))
      }
      return new Promise((resolve, reject) => {
        const giveUpAt = Date.now() + giveUpAfterMs
        waiting.push({ append, giveUpAt, sent: false, resolve, reject })
        running ??= run()
      })
    },
    async close() {
      closed = true
      await running
      await link.close()
    },
  }
}

const lost = (entry: Waiting, reason: Error) =>
  isConnectionLoss(reason)
    ? new StoreUnavailable('PostgreSQL does not answer', entry.sent, { cause: reason })
    : reason

/** The one connection, opened when it is needed. */
function createLink(connectionString: string) {
  let client: pg.Client | undefined
  const drop = () => {
    const dropped = client
    client = undefined
    // A server that hangs would keep a polite end waiting.
    dropped?.connection.stream.destroy()
  }
  return {
    drop,
    async get() {
      if (client) return client
      const opened = new pg.Client(connectionConfig(connectionString))
      opened.on('error', () => {
        if (client === opened) client = undefined
      })
      await opened.connect()
      client = opened
      return opened
    },
    async close() {
      await client?.end()
    },
  }
}

/** From the front; two `any` appends of one event go into two groups, so that the later meets it. */
function takeGroup(waiting: readonly Waiting[]): Waiting[] {
  const group: Waiting[] = []
  const anyIds = new Set<string>()
  let events = 0
  let bytes = 0
  for (const entry of waiting) {
    const { append } = entry
    events += append.events.length
    bytes += append.sizeBytes
    if (group.length > 0 && (events > groupEventsMax || bytes > groupBytesMax)) break
    if (append.expected === 'any') {
      if (append.events.some(({ id }) => anyIds.has(id))) break
      for (const { id } of append.events) anyIds.add(id)
    }
    group.push(entry)
  }
  return group
}

const expectedCodes = { none: -1, any: -2 } as const

function encode(group: readonly Waiting[]): Buffer[] {
  const streams: string[] = []
  const expected: number[] = []
  const counts: number[] = []
  const firsts: number[] = []
  const owners: number[] = []
  const ids: string[] = []
  const types: string[] = []
  const data: string[] = []
  const metadata: string[] = []
  const firstOf = new Map<string, number>()
  for (const { append } of group) {
    const number = streams.push(append.stream)
    const first = firstOf.get(append.stream) ?? number
    if (first === number) firstOf.set(append.stream, number)
    const revision = append.expected
    expected.push(typeof revision === 'number' ? revision : expectedCodes[revision])
    counts.push(append.events.length)
    firsts.push(first)
    for (const event of append.events) {
      owners.push(number)
      ids.push(event.id)
      types.push(event.type)
      data.push(event.data)
      metadata.push(event.metadata)
    }
  }
  return [
    textArray('text', streams),
    int8Array(expected),
    int4Array(counts),
    int4Array(firsts),
    int4Array(owners),
    uuidArray(ids),
    textArray('text', types),
    textArray('json', data),
    textArray('json', metadata),
  ]
}

function decode(group: readonly Waiting[], row: readonly [string, string] | undefined): Outcome[] {
  if (!row) throw new Error('append_group returned no row')
  const codes = row[1].slice(1, -1).split(',')
  let position = Number(row[0])
  return group.map(({ append }, index): Outcome => {
    const code = codes[index]
    if (code === undefined) throw new Error(`append_group left out append ${index}`)
    if (code === 'NULL') return { status: 'ended' }
    const first = Number(code)
    if (first < 0) return { status: 'refused', last: -2 - first }
    position += append.events.length
    return { status: 'appended', revision: first + append.events.length - 1, position }
  })
}
