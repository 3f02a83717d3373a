import { setTimeout as delay } from 'node:timers/promises'
import anyMessage from 'google-protobuf/google/protobuf/any_pb.js'
import type { Message } from 'google-protobuf'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import statusMessage from '@eventstore/db-client/generated/status_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type {
  AppendReq,
  BatchAppendReq,
  BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js'
import { status, type ServiceError } from '@grpc/grpc-js'
import type { AppendFault, Faults } from './faults.ts'
import type { AppendOutcome, Expected, Log, Proposed } from './log.ts'
import {
  appendTooLarge,
  connectionLost,
  expectedOf,
  expectedOfBatch,
  failed,
  nameOf,
  proposedOf,
  streamDeleted,
} from './messages.ts'

export interface Appended {
  readonly stream: string
  readonly expected: Expected
  readonly events: readonly Proposed[]
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Header first, then an event in each message. */
export function appendOf(requests: readonly AppendReq[]): Appended {
  const options = requests[0]?.getOptions() ?? new streams.AppendReq.Options()
  return {
    stream: nameOf(options.getStreamIdentifier()),
    expected: expectedOf(options),
    events: requests.slice(1).map((request) => {
      return proposedOf(request.getProposedMessage() ?? new streams.AppendReq.ProposedMessage())
    }),
  }
}

/** Writes as the next fault says. Throws the error that takes the answer's place. */
export async function write(append: Appended, log: Log, faults: Faults) {
  const { stream, events, expected } = append
  const broken = events.some(({ id, type }) => !uuid.test(id) || type === '')
  if (stream === '' || broken) throw failed(status.UNKNOWN, 'Exception was thrown by handler.')
  const fault: AppendFault | undefined = faults.appends.shift()
  if (fault?.kind === 'fail') throw connectionLost()
  if (fault?.kind === 'write-late') await delay(fault.delayMs)
  const outcome = log.append(stream, events, expected)
  if (fault?.kind === 'lose-answer') throw connectionLost()
  if (fault?.kind === 'answer-late') await delay(fault.delayMs)
  return outcome
}

export function appendResponse(outcome: AppendOutcome, { stream, expected }: Appended) {
  const response = new streams.AppendResp()
  switch (outcome.kind) {
    case 'deleted':
      throw streamDeleted(stream)
    case 'too-large':
      throw appendTooLarge()
    case 'wrong-version':
      response.setWrongExpectedVersion(wrongVersion(outcome.actual, expected))
      return response
    case 'written': {
      const position = new streams.AppendResp.Position()
      position.setCommitPosition(String(outcome.position))
      position.setPreparePosition(String(outcome.position))
      const success = new streams.AppendResp.Success()
      success.setCurrentRevision(String(outcome.revision))
      success.setPosition(position)
      response.setSuccess(success)
      return response
    }
  }
}

function wrongVersion(actual: bigint | undefined, expected: Expected) {
  const wrong = new streams.AppendResp.WrongExpectedVersion()
  if (actual === undefined) wrong.setCurrentNoStream(new shared.Empty())
  else wrong.setCurrentRevision(String(actual))
  if (typeof expected === 'bigint') wrong.setExpectedRevision(String(expected))
  else if (expected === 'no-stream') wrong.setExpectedNoStream(new shared.Empty())
  else if (expected === 'stream-exists') wrong.setExpectedStreamExists(new shared.Empty())
  else wrong.setExpectedAny(new shared.Empty())
  return wrong
}

/** The last part of a batched append answers for all of it. */
export function batchOf(parts: readonly BatchAppendReq[]): Appended {
  const options = parts[0]?.getOptions() ?? new streams.BatchAppendReq.Options()
  return {
    stream: nameOf(options.getStreamIdentifier()),
    expected: expectedOfBatch(options),
    events: parts.flatMap((part) => part.getProposedMessagesList()).map(proposedOf),
  }
}

export function batchResponse(request: BatchAppendReq, outcome: AppendOutcome): BatchAppendResp {
  const response = new streams.BatchAppendResp()
  response.setCorrelationId(request.getCorrelationId())
  response.setStreamIdentifier(request.getOptions()?.getStreamIdentifier())
  switch (outcome.kind) {
    case 'written': {
      const position = new shared.AllStreamPosition()
      position.setCommitPosition(String(outcome.position))
      position.setPreparePosition(String(outcome.position))
      const success = new streams.BatchAppendResp.Success()
      success.setCurrentRevision(String(outcome.revision))
      success.setPosition(position)
      response.setSuccess(success)
      return response
    }
    case 'wrong-version': {
      const wrong = new shared.WrongExpectedVersion()
      if (outcome.actual !== undefined) wrong.setCurrentStreamRevision(String(outcome.actual))
      response.setError(batchError('WrongExpectedVersion', wrong))
      return response
    }
    case 'deleted':
      response.setError(batchError('StreamDeleted', new shared.StreamDeleted()))
      return response
    case 'too-large':
      response.setError(
        batchError('MaximumAppendSizeExceeded', new shared.MaximumAppendSizeExceeded()),
      )
      return response
  }
}

function batchError(name: string, details: Message) {
  const packed = new anyMessage.Any()
  packed.pack(details.serializeBinary(), `event_store.client.${name}`)
  const error = new statusMessage.Status()
  error.setMessage(name)
  error.setDetails(packed)
  return error
}

export function serviceErrorOf(thrown: unknown): ServiceError {
  if (thrown instanceof Error && 'code' in thrown && 'metadata' in thrown) {
    return Object.assign(thrown, { details: thrown.message }) as ServiceError
  }
  return failed(status.INTERNAL, String(thrown))
}
