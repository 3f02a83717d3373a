import { setImmediate as nextTurn } from 'node:timers/promises'
import pg from 'pg'
import type { CheckedAppend } from '../serialise.ts'
import { StoreUnavailable } from '../port.ts'
import { commitStatement, outcomesOf, type Outcome } from './commit-statement.ts'
import { asText, backOff, connectionConfig, isConnectionLoss } from './connection.ts'

export interface AppendQueue {
  push(append: CheckedAppend): Promise<Outcome>
  /** Waits for what is queued. */
  close(): Promise<void>
}

/**
 * A group takes what has gathered while commits were under way, up to these. Larger ones cost more
 * per event: their parameters outgrow the processor's caches.
 */
const groupEventsMax = 800
const groupBytesMax = 4 * 1024 * 1024

/**
 * Groups that are sent and not answered: the server works on one while the next is made. Behind
 * another goes only a group of so many events: a small one does better to gather more.
 */
const groupsUnderWayMax = 2
const secondEventsMin = 200

/** Appends that wait; one more is refused as unavailable. */
const queuedAppendsMax = 20_000

interface Waiting {
  readonly append: CheckedAppend
  readonly giveUpAt: number
  sent: boolean
  resolve(outcome: Outcome): void
  reject(error: Error): void
}

/**
 * Group commit: one connection, a statement under way and the next behind it; everything that
 * arrives meanwhile goes down together. A group whose answer was lost is sent again as it was,
 * until `giveUpAfterMs` after its oldest append came: the ids tell what had been written.
 */
export function createAppendQueue(connectionString: string, giveUpAfterMs: number): AppendQueue {
  let waiting: Waiting[] = []
  let waitingEvents = 0
  const underWay = new Set<Promise<void>>()
  let isPlanned = false
  let closed = false
  const link = createLink(connectionString)

  /** At the end of this turn, so that callers who were answered together go together again. */
  function plan() {
    if (isPlanned || waiting.length === 0 || underWay.size >= groupsUnderWayMax) return
    if (underWay.size > 0 && waitingEvents < secondEventsMin) return
    isPlanned = true
    setImmediate(() => {
      isPlanned = false
      const group = takeGroup(waiting)
      waiting = waiting.slice(group.length)
      waitingEvents -= group.reduce((sum, { append }) => sum + append.events.length, 0)
      const done = commit(link, group).finally(() => {
        underWay.delete(done)
        plan()
      })
      underWay.add(done)
      plan()
    })
  }

  return {
    push(append) {
      if (closed) return Promise.reject(new StoreUnavailable('The event store is closed', false))
      if (waiting.length >= queuedAppendsMax) {
        return Promise.reject(new StoreUnavailable('Too many appends are waiting', false))
      }
      return new Promise((resolve, reject) => {
        const giveUpAt = performance.now() + giveUpAfterMs
        waiting.push({ append, giveUpAt, sent: false, resolve, reject })
        waitingEvents += append.events.length
        plan()
      })
    },
    async close() {
      closed = true
      while (waiting.length > 0 || underWay.size > 0) {
        await (underWay.size > 0 ? Promise.race(underWay) : nextTurn())
      }
      await link.close()
    },
  }
}

async function commit(link: Link, group: readonly Waiting[]) {
  try {
    const outcomes = await send(link, group)
    for (const [index, outcome] of outcomes.entries()) group[index]?.resolve(outcome)
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error))
    for (const entry of group) entry.reject(lost(entry, reason))
  }
}

/** The outcomes, in the group's order; a lost answer is asked for again until the deadline. */
async function send(link: Link, group: readonly Waiting[]): Promise<Outcome[]> {
  const deadline = Math.min(...group.map(({ giveUpAt }) => giveUpAt))
  const appends = group.map(({ append }) => append)
  const statement = commitStatement(appends)
  for (let attempt = 1; ; attempt += 1) {
    let client: pg.Client | undefined
    try {
      client = await link.get()
      for (const entry of group) entry.sent = true
      const result = await client.query<[string, string | null]>({
        ...statement,
        rowMode: 'array',
        types: asText,
      })
      return outcomesOf(appends, result.rows[0])
    } catch (error) {
      if (!isConnectionLoss(error)) throw error
      if (client) link.drop(client)
      if (performance.now() >= deadline) throw error
      await backOff(attempt)
    }
  }
}

const lost = (entry: Waiting, reason: Error) =>
  isConnectionLoss(reason)
    ? new StoreUnavailable('PostgreSQL does not answer', entry.sent, { cause: reason })
    : reason

type Link = ReturnType<typeof createLink>

/** The one connection, opened when it is needed. */
function createLink(connectionString: string) {
  let current: { readonly client: pg.Client; readonly opened: Promise<pg.Client> } | undefined
  /** A server that hangs would keep a polite end waiting. */
  const drop = (client: pg.Client) => {
    if (current?.client === client) current = undefined
    client.connection.stream.destroy()
  }
  const open = () => {
    const client = new pg.Client({ ...connectionConfig(connectionString), pipeline: true })
    client.on('error', () => {
      if (current?.client === client) current = undefined
    })
    const opened = client.connect().then(
      () => client,
      (error: unknown) => {
        drop(client)
        throw error
      },
    )
    return { client, opened }
  }
  return {
    drop,
    get: () => (current ??= open()).opened,
    async close() {
      await current?.client.end()
    },
  }
}

/**
 * From the front; two `any` appends of one event go into two groups, so that the later meets it.
 */
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
