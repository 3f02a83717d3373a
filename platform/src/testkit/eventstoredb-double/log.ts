/** One record of the log; positions are the offset of its first byte, so they have gaps. */
export interface LogRecord {
  readonly position: number
  readonly stream: string
  readonly revision: bigint
  readonly id: string
  readonly type: string
  readonly contentType: string
  readonly data: Uint8Array
  readonly metadata: Uint8Array
  /** Steps of 100 ns since 1970. */
  readonly createdTicks: bigint
}

export type Proposed = Pick<LogRecord, 'id' | 'type' | 'contentType' | 'data' | 'metadata'>

export type Expected = bigint | 'no-stream' | 'any' | 'stream-exists'

export type AppendOutcome =
  | { readonly kind: 'written'; readonly revision: bigint; readonly position: number }
  | { readonly kind: 'wrong-version'; readonly actual: bigint | undefined }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'too-large' }

/** What the server takes in one append: data of all its events. */
export const appendSizeMax = 1_048_576

/** Bytes that a record takes beside its data. */
const recordOverhead = 120

/** A real log begins with a record of its own, so no event is at 0. */
const firstPosition = 200

interface Stream {
  readonly records: LogRecord[]
  /** Soft deletion hides what is before. */
  firstVisible: number
  tombstoned: boolean
}

export type Log = ReturnType<typeof createLog>

/** The log of the double, in memory, with EventStoreDB's rules for repeated ids. */
export function createLog() {
  const records: LogRecord[] = []
  const streams = new Map<string, Stream>()
  const listeners = new Set<() => void>()
  /** Ids that an append with ANY is compared with; the real server keeps the recent ones. */
  const knownIds = new Map<string, LogRecord>()
  let end = firstPosition

  const streamOf = (name: string) => {
    const stream = streams.get(name) ?? { records: [], firstVisible: 0, tombstoned: false }
    streams.set(name, stream)
    return stream
  }

  function add(stream: string, revision: bigint, event: Proposed) {
    const createdTicks = BigInt(Date.now()) * 10_000n
    const record = { ...event, stream, revision, position: end, createdTicks }
    end += recordOverhead + event.data.length + event.metadata.length
    records.push(record)
    return record
  }

  function append(name: string, events: readonly Proposed[], expected: Expected): AppendOutcome {
    const stream = streamOf(name)
    if (stream.tombstoned) return { kind: 'deleted' }
    const size = events.reduce((sum, { data }) => sum + data.length, 0)
    if (size > appendSizeMax) return { kind: 'too-large' }
    const repeated = repeatOf(stream, events, expected, knownIds)
    if (repeated) return repeated
    for (const event of events) {
      const record = add(name, BigInt(stream.records.length), event)
      stream.records.push(record)
      knownIds.set(event.id, record)
    }
    for (const listener of listeners) listener()
    return writtenUpTo(stream.records.at(-1))
  }

  return {
    records,
    append,
    /** The records of a stream that may be read. */
    visible: (name: string) => {
      const stream = streams.get(name)
      return stream && stream.firstVisible < stream.records.length
        ? stream.records.slice(stream.firstVisible)
        : undefined
    },
    isTombstoned: (name: string) => streams.get(name)?.tombstoned ?? false,
    softDelete: (name: string) => {
      const stream = streamOf(name)
      stream.firstVisible = stream.records.length
      return add(`$$${name}`, 0n, systemEvent('$metadata'))
    },
    tombstone: (name: string) => {
      streamOf(name).tombstoned = true
      const record = add(name, 2n ** 63n - 1n, systemEvent('$streamDeleted'))
      for (const listener of listeners) listener()
      return record
    },
    /** ANY no longer knows which ids were written, as after a restart or many other events. */
    forgetIds: () => knownIds.clear(),
    onAppend: (listener: () => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    end: () => end,
  }
}

/** The answer to a repeat or a wrong revision; undefined where the append is due. */
function repeatOf(
  stream: Stream,
  events: readonly Proposed[],
  expected: Expected,
  knownIds: ReadonlyMap<string, LogRecord>,
): AppendOutcome | undefined {
  const last = stream.records.length - 1
  const soft = stream.firstVisible > last
  if (expected === 'any' || expected === 'stream-exists') {
    const known = knownIds.get(events[0]?.id ?? '')
    if (known) return sameFrom(stream, Number(known.revision), events)
    return expected === 'stream-exists' && soft ? { kind: 'deleted' } : undefined
  }
  const wanted = expected === 'no-stream' ? -1 : Number(expected)
  if (wanted === last || (wanted === -1 && soft)) return undefined
  if (wanted > last) return wrong(stream)
  return sameFrom(stream, wanted + 1, events)
}

function sameFrom(stream: Stream, from: number, events: readonly Proposed[]): AppendOutcome {
  const same = events.every(({ id }, index) => stream.records[from + index]?.id === id)
  return same ? writtenUpTo(stream.records[from + events.length - 1]) : wrong(stream)
}

function wrong(stream: Stream): AppendOutcome {
  const last = stream.records.at(-1)
  return { kind: 'wrong-version', actual: last?.revision }
}

/** An append of nothing to a missing stream "succeeds" with revision 0. */
const writtenUpTo = (record: LogRecord | undefined): AppendOutcome => ({
  kind: 'written',
  revision: record?.revision ?? 0n,
  position: record?.position ?? 0,
})

const systemEvent = (type: string): Proposed => ({
  id: crypto.randomUUID(),
  type,
  contentType: 'application/octet-stream',
  data: new Uint8Array(),
  metadata: new Uint8Array(),
})
