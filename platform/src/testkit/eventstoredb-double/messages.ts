import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type {
  AppendReq,
  BatchAppendReq,
  ReadReq,
} from '@eventstore/db-client/generated/streams_pb.js'
import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js'
import { Metadata, status, type ServiceError } from '@grpc/grpc-js'
import { appendSizeMax, type Expected, type LogRecord, type Proposed } from './log.ts'

/** The protocol's messages as the double's words, and back. */

export const nameOf = (stream: StreamIdentifier | undefined) =>
  Buffer.from(stream?.getStreamName_asU8() ?? new Uint8Array()).toString('utf8')

function identifier(stream: string) {
  const message = new shared.StreamIdentifier()
  message.setStreamName(new Uint8Array(Buffer.from(stream)))
  return message
}

export function expectedOf(options: AppendReq.Options): Expected {
  if (options.hasRevision()) return BigInt(options.getRevision())
  if (options.hasNoStream()) return 'no-stream'
  return options.hasStreamExists() ? 'stream-exists' : 'any'
}

export function expectedOfBatch(options: BatchAppendReq.Options): Expected {
  if (options.hasStreamPosition()) return BigInt(options.getStreamPosition())
  if (options.hasNoStream()) return 'no-stream'
  return options.hasStreamExists() ? 'stream-exists' : 'any'
}

type ProposedMessage = AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage

export function proposedOf(message: ProposedMessage): Proposed {
  const properties = message.getMetadataMap()
  return {
    id: idOf(message.getId()),
    type: properties.get('type') ?? '',
    contentType: properties.get('content-type') ?? '',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  }
}

/** Ids come as text, or as two signed numbers of 64 bits. */
function idOf(uuid: UUID | undefined) {
  const structured = uuid?.getStructured()
  if (!structured) return uuid?.getString() ?? ''
  const half = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0')
  const hex = half(structured.getMostSignificantBits()) + half(structured.getLeastSignificantBits())
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

export function readEvent(record: LogRecord) {
  const id = new shared.UUID()
  id.setString(record.id)
  const event = new streams.ReadResp.ReadEvent.RecordedEvent()
  event.setId(id)
  event.setStreamIdentifier(identifier(record.stream))
  event.setStreamRevision(String(record.revision))
  event.setCommitPosition(String(record.position))
  event.setPreparePosition(String(record.position))
  event
    .getMetadataMap()
    .set('type', record.type)
    .set('content-type', record.contentType)
    .set('created', String(record.createdTicks))
  event.setData(record.data)
  event.setCustomMetadata(record.metadata)
  const resolved = new streams.ReadResp.ReadEvent()
  resolved.setEvent(event)
  resolved.setCommitPosition(String(record.position))
  const message = new streams.ReadResp()
  message.setEvent(resolved)
  return message
}

export function streamNotFound(stream: string) {
  const missing = new streams.ReadResp.StreamNotFound()
  missing.setStreamIdentifier(identifier(stream))
  const message = new streams.ReadResp()
  message.setStreamNotFound(missing)
  return message
}

export function confirmation() {
  const confirmed = new streams.ReadResp.SubscriptionConfirmation()
  confirmed.setSubscriptionId(crypto.randomUUID())
  const message = new streams.ReadResp()
  message.setConfirmation(confirmed)
  return message
}

export function checkpoint(position: number) {
  const reached = new streams.ReadResp.Checkpoint()
  reached.setCommitPosition(String(position))
  reached.setPreparePosition(String(position))
  const message = new streams.ReadResp()
  message.setCheckpoint(reached)
  return message
}

/** What the server's filter lets through. */
export function filterOf(options: ReadReq.Options): (record: LogRecord) => boolean {
  const filter = options.getFilter()
  const expression = filter?.getStreamIdentifier() ?? filter?.getEventType()
  if (!filter || !expression) return () => true
  const prefixes = expression.getPrefixList()
  const pattern = prefixes.length > 0 ? undefined : new RegExp(expression.getRegex())
  return (record) => {
    const value = filter.hasStreamIdentifier() ? record.stream : record.type
    return pattern ? pattern.test(value) : prefixes.some((prefix) => value.startsWith(prefix))
  }
}

/** A failed call as the server's interceptor reports it: the kind is in the metadata. */
export function failed(
  code: status,
  details: string,
  properties: Readonly<Record<string, string>> = {},
): ServiceError {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(properties)) metadata.set(name, value)
  return Object.assign(new Error(details), { code, details, metadata })
}

export const streamDeleted = (stream: string) =>
  failed(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  })

export const appendTooLarge = () =>
  failed(status.INVALID_ARGUMENT, `Maximum Append Size of ${appendSizeMax} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(appendSizeMax),
  })

export const notReady = () => failed(status.UNAVAILABLE, 'Server Is Not Ready')

export const notLeader = (host: string, port: number) =>
  failed(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': host,
    'leader-endpoint-port': String(port),
  })

export const consumerTooSlow = () =>
  failed(
    status.ABORTED,
    'Operation timed out: Consumer too slow to handle event while live. ' +
      'Client resubscription required.',
  )

export const connectionLost = () => failed(status.UNAVAILABLE, 'read ECONNRESET')

export const badPosition = () => failed(status.UNKNOWN, 'Unexpected ReadAllResult: Error')
