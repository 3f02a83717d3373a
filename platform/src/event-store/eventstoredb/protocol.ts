import type { EventMetadata } from '@atrium/contracts/metadata.ts'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { AppendReq, ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js'
import type { EventFilter, RecordedEvent } from '../port.ts'
import type { SerialisedEvent } from '../serialise.ts'

/** What the port's words are in EventStoreDB's messages. Numbers of 64 bits are strings there. */

/** How many events the server looks at for one page of a filtered read. */
const searchWindow = 2_000

const empty = () => new shared.Empty()

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'))

const text = (value: Uint8Array) =>
  Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')

export function safeInteger(value: string) {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is no safe integer.`)
  return number
}

function identifier(stream: string) {
  const message = new shared.StreamIdentifier()
  message.setStreamName(bytes(stream))
  return message
}

/** One append: its header, then one message for each event. */
export function appendRequests(
  stream: string,
  events: readonly SerialisedEvent[],
  expected: number | 'none',
): AppendReq[] {
  const options = new streams.AppendReq.Options()
  options.setStreamIdentifier(identifier(stream))
  if (expected === 'none') options.setNoStream(empty())
  else options.setRevision(String(expected))
  const header = new streams.AppendReq()
  header.setOptions(options)
  return [header, ...events.map(proposed)]
}

function proposed(event: SerialisedEvent) {
  const id = new shared.UUID()
  id.setString(event.id)
  const message = new streams.AppendReq.ProposedMessage()
  message.setId(id)
  message.getMetadataMap().set('type', event.type).set('content-type', 'application/json')
  message.setData(bytes(event.data))
  message.setCustomMetadata(bytes(event.metadata))
  const part = new streams.AppendReq()
  part.setProposedMessage(message)
  return part
}

export interface StreamRead {
  readonly direction: 'forwards' | 'backwards'
  /** Inclusive; absent for the start, or backwards for the end. */
  readonly from?: number | undefined
  readonly limit: number
}

export function streamRequest(stream: string, { direction, from, limit }: StreamRead) {
  const source = new streams.ReadReq.Options.StreamOptions()
  source.setStreamIdentifier(identifier(stream))
  if (from !== undefined) source.setRevision(String(from))
  else if (direction === 'backwards') source.setEnd(empty())
  else source.setStart(empty())
  const options = readOptions(direction, limit)
  options.setStream(source)
  return request(options)
}

export interface AllRead {
  readonly direction: 'forwards' | 'backwards'
  /** Inclusive when reading forwards, exclusive in a subscription; 0 for the beginning. */
  readonly from?: number
  readonly filter: EventFilter | undefined
}

/** A read of `$all`; backwards from its end. */
export function allRequest({ direction, from, filter }: AllRead) {
  const options = readOptions(direction, Number.MAX_SAFE_INTEGER)
  options.setAll(direction === 'backwards' ? end() : after(from ?? 0))
  options.setFilter(serverFilter(filter))
  return request(options)
}

/** The last record of the whole log, whatever it is. */
export function logEndRequest() {
  const options = readOptions('backwards', 1)
  options.setAll(end())
  options.setNoFilter(empty())
  return request(options)
}

export function subscribeRequest(from: number, filter: EventFilter | undefined) {
  const options = readOptions('forwards', Number.MAX_SAFE_INTEGER)
  options.clearCount()
  options.setAll(after(from))
  options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions())
  options.setFilter(serverFilter(filter))
  return request(options)
}

function readOptions(direction: 'forwards' | 'backwards', limit: number) {
  const uuids = new streams.ReadReq.Options.UUIDOption()
  uuids.setString(empty())
  const options = new streams.ReadReq.Options()
  options.setUuidOption(uuids)
  options.setResolveLinks(false)
  options.setReadDirection(direction === 'forwards' ? 0 : 1)
  options.setCount(String(Math.min(limit, Number.MAX_SAFE_INTEGER)))
  options.setNoFilter(empty())
  return options
}

function request(options: ReadReq.Options) {
  const message = new streams.ReadReq()
  message.setOptions(options)
  return message
}

function end() {
  const source = new streams.ReadReq.Options.AllOptions()
  source.setEnd(empty())
  return source
}

/** Commit and prepare position of a record are the same since version 20. */
function after(position: number) {
  const source = new streams.ReadReq.Options.AllOptions()
  if (position === 0) {
    source.setStart(empty())
    return source
  }
  const place = new streams.ReadReq.Options.Position()
  place.setCommitPosition(String(position))
  place.setPreparePosition(String(position))
  source.setPosition(place)
  return source
}

/**
 * The server can filter by one thing: by stream where prefixes are given, else by type, else away
 * from system events. What it lets through is filtered again by `matches`.
 */
function serverFilter(filter: EventFilter | undefined) {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression()
  const options = new streams.ReadReq.Options.FilterOptions()
  options.setMax(searchWindow)
  options.setCheckpointintervalmultiplier(1)
  if (filter?.streamPrefixes) {
    expression.setPrefixList([...filter.streamPrefixes])
    options.setStreamIdentifier(expression)
    return options
  }
  if (filter?.types) expression.setPrefixList([...filter.types])
  else expression.setRegex('^[^$].*')
  options.setEventType(expression)
  return options
}

/** Whether an event is one of ours and fits the whole filter. */
export function matches(event: RecordedEvent, filter: EventFilter | undefined) {
  if (event.type.startsWith('$') || event.stream.startsWith('$')) return false
  if (filter?.types && !filter.types.includes(event.type)) return false
  const prefixes = filter?.streamPrefixes
  return !prefixes || prefixes.some((prefix) => event.stream.startsWith(prefix))
}

/** Whether nothing at all can fit the filter. */
export const matchesNothing = (filter: EventFilter | undefined) =>
  filter?.streamPrefixes?.length === 0 || filter?.types?.length === 0

/** The event of a message, or undefined for a confirmation, a checkpoint and the like. */
export function recordedEvent(message: ReadResp): RecordedEvent | undefined {
  const event = message.getEvent()?.getEvent()
  return event && eventOf(event)
}

function eventOf(record: ReadResp.ReadEvent.RecordedEvent): RecordedEvent {
  const properties = record.getMetadataMap()
  let data: { readonly value: unknown } | undefined
  let metadata: EventMetadata | undefined
  return {
    id: record.getId()?.getString() ?? '',
    type: properties.get('type') ?? '',
    stream: text(record.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array()),
    revision: safeRevision(record.getStreamRevision()),
    position: safeInteger(record.getCommitPosition()),
    recordedAt: timeOfTicks(properties.get('created') ?? '0'),
    get data() {
      data ??= { value: JSON.parse(text(record.getData_asU8())) }
      return data.value
    },
    get metadata() {
      metadata ??= JSON.parse(text(record.getCustomMetadata_asU8())) as EventMetadata
      return metadata
    },
  }
}

/** The record of a tombstone has the largest revision that there is; no caller sees it. */
const safeRevision = (value: string) => Math.min(Number(value), Number.MAX_SAFE_INTEGER)

/** The server counts in steps of 100 ns since 1970. */
const timeOfTicks = (ticks: string) => new Date(Math.trunc(Number(ticks) / 10_000)).toISOString()
