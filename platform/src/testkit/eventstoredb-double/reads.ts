import { once } from 'node:events'
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js'
import type { ServiceError } from '@grpc/grpc-js'
import type { LogRecord, Log } from './log.ts'
import {
  badPosition,
  checkpoint,
  confirmation,
  connectionLost,
  filterOf,
  nameOf,
  readEvent,
  streamDeleted,
  streamNotFound,
} from './messages.ts'
import type { Parts, ReadCall } from './parts.ts'

/** A subscription tells where it is after looking at so many events. */
const checkpointEvery = 1_000

/** Answers one read of a stream or of everything. */
export async function answerRead(call: ReadCall, options: ReadReq.Options, parts: Parts) {
  const { log, faults, asked } = parts
  const fault = faults.reads.shift()
  if (fault?.kind === 'silence') return
  const answer = options.hasStream() ? readStream(options, log) : readAll(options, log)
  const caller = callerOf(call)
  let left = fault?.after ?? Number.POSITIVE_INFINITY
  if (Array.isArray(answer)) {
    for (const message of answer) {
      if (call.cancelled) return
      if (left-- <= 0) return fail(call, connectionLost())
      asked.eventsSent += 1
      await send(caller, message())
    }
    if (left <= 0) return fail(call, connectionLost())
    call.end()
  } else {
    fail(call, answer)
  }
}

type Answer = (() => ReadResp)[] | ServiceError

function readStream(options: ReadReq.Options, log: Log): Answer {
  const source = options.getStream()
  const name = nameOf(source?.getStreamIdentifier())
  if (log.isTombstoned(name)) return streamDeleted(name)
  const records = log.visible(name)
  if (!records) return [() => streamNotFound(name)]
  const backwards = options.getReadDirection() === 1
  const from = source?.hasRevision() ? BigInt(source.getRevision()) : undefined
  if (backwards) {
    const upTo = source?.hasStart() ? 0n : from
    const chosen = records.filter(({ revision }) => upTo === undefined || revision <= upTo)
    return limited(chosen.toReversed(), options)
  }
  if (source?.hasEnd()) return []
  return limited(
    records.filter(({ revision }) => revision >= (from ?? 0n)),
    options,
  )
}

function readAll(options: ReadReq.Options, log: Log): Answer {
  const source = options.getAll()
  const place = source?.getPosition()
  const from = place && Number(place.getCommitPosition())
  if (from !== undefined && !isRecordStart(log, from)) return badPosition()
  const matching = log.records.filter(filterOf(options))
  if (options.getReadDirection() === 1) {
    const before = source?.hasStart() ? 0 : (from ?? Number.POSITIVE_INFINITY)
    return limited(matching.filter(({ position }) => position < before).toReversed(), options)
  }
  if (source?.hasEnd()) return []
  return limited(
    matching.filter(({ position }) => position >= (from ?? 0)),
    options,
  )
}

/** Beyond the end there is nothing; inside a record a read fails. */
const isRecordStart = (log: Log, position: number) =>
  position >= log.end() || log.records.some((record) => record.position === position)

const limited = (records: readonly LogRecord[], options: ReadReq.Options) =>
  records.slice(0, Number(options.getCount())).map((record) => () => readEvent(record))

/** Follows the log until the caller goes away or `fail` ends it. */
export async function follow(call: ReadCall, options: ReadReq.Options, { log, asked }: Parts) {
  const matches = options.hasStream() ? ofStream(options) : ofAll(options)
  const filter = filterOf(options)
  const caller = callerOf(call)
  await send(caller, confirmation())
  let index = 0
  let looked = 0
  while (isOpen(call)) {
    const record = log.records[index]
    if (!record) {
      await nextAppend(caller, log)
      continue
    }
    index += 1
    if (!matches(record)) continue
    looked += 1
    if (filter(record)) {
      asked.eventsSent += 1
      await send(caller, readEvent(record))
    }
    if (looked % checkpointEvery === 0) await send(caller, checkpoint(record.position))
    if (options.hasStream() && record.type === '$streamDeleted') {
      return fail(call, streamDeleted(record.stream))
    }
  }
}

/** A subscription begins after the position that it names. */
function ofAll(options: ReadReq.Options) {
  const source = options.getAll()
  const place = source?.getPosition()
  const after = place ? Number(place.getCommitPosition()) : -1
  return ({ position }: LogRecord) => position > after
}

function ofStream(options: ReadReq.Options) {
  const source = options.getStream()
  const name = nameOf(source?.getStreamIdentifier())
  const after = source?.hasRevision() ? BigInt(source.getRevision()) : -1n
  return ({ stream, revision }: LogRecord) => stream === name && revision > after
}

function nextAppend({ gone }: Caller, log: Log) {
  return new Promise<void>((resolve) => {
    const stop = log.onAppend(done)
    gone.addEventListener('abort', done)
    function done() {
      stop()
      gone.removeEventListener('abort', done)
      resolve()
    }
  })
}

/** A call, and when nobody listens any more. */
interface Caller {
  readonly call: ReadCall
  readonly gone: AbortSignal
}

function callerOf(call: ReadCall): Caller {
  const ending = new AbortController()
  call.once('cancelled', () => ending.abort())
  call.once('finish', () => ending.abort())
  return { call, gone: ending.signal }
}

const isOpen = (call: ReadCall) => !call.cancelled && !call.writableEnded

/** Waits where the reader is slower. */
async function send({ call, gone }: Caller, message: ReadResp) {
  if (!isOpen(call) || call.write(message)) return
  await once(call, 'drain', { signal: gone }).catch((error: unknown) => {
    if (!gone.aborted) throw error
  })
}

/** Ends a call with an error. */
export function fail(call: ReadCall, error: ServiceError) {
  if (isOpen(call)) call.emit('error', error)
}
