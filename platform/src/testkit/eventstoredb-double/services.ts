import type { EndPoint } from '@eventstore/db-client'
import gossipMessages from '@eventstore/db-client/generated/gossip_pb.js'
import featureMessages from '@eventstore/db-client/generated/serverfeatures_pb.js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { MemberInfo } from '@eventstore/db-client/generated/gossip_pb.js'
import type { IGossipServer } from '@eventstore/db-client/generated/gossip_grpc_pb.js'
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js'
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js'
import type { IStreamsServer } from '@eventstore/db-client/generated/streams_grpc_pb.js'
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js'
import type {
  handleUnaryCall,
  Metadata,
  sendUnaryData,
  ServerDuplexStream,
  ServiceError,
} from '@grpc/grpc-js'
import {
  appendOf,
  appendResponse,
  batchOf,
  batchResponse,
  serviceErrorOf,
  write,
} from './appends.ts'
import type { Faults } from './faults.ts'
import { nameOf, notLeader, notReady, streamDeleted } from './messages.ts'
import type { Parts } from './parts.ts'
import { answerRead, fail, follow } from './reads.ts'

/** Why a call is refused at the door, if it is. */
function refusal(faults: Faults, metadata: Metadata): ServiceError | undefined {
  if (!faults.ready) return notReady()
  const needsLeader = metadata.get('requires-leader').includes('true')
  if (!faults.leader || !needsLeader) return undefined
  return notLeader(faults.leader.address, faults.leader.port)
}

export function streamsOf(parts: Parts): IStreamsServer {
  const { log, faults, asked, subscriptions } = parts
  return {
    append: (call, callback) => {
      const requests: AppendReq[] = []
      call.on('data', (request: AppendReq) => requests.push(request))
      call.on('end', () => void answerAppend(requests, call.metadata, parts, callback))
    },

    batchAppend: (call) => answerBatches(call, parts),

    read: (call) => {
      const options = call.request.getOptions()
      const refused = refusal(faults, call.metadata)
      if (refused || !options) return fail(call, refused ?? notReady())
      const live = options.hasSubscription()
      asked[live ? 'subscriptions' : 'reads'] += 1
      if (live) subscriptions.add(call)
      const work = live ? follow(call, options, parts) : answerRead(call, options, parts)
      work
        .catch((error: unknown) => fail(call, serviceErrorOf(error)))
        .finally(() => subscriptions.delete(call))
    },

    delete: (call, callback) => {
      const refused = refusal(faults, call.metadata)
      const name = nameOf(call.request.getOptions()?.getStreamIdentifier())
      if (refused) return callback(refused)
      if (log.isTombstoned(name)) return callback(streamDeleted(name))
      log.softDelete(name)
      return callback(null, new streams.DeleteResp())
    },

    tombstone: (call, callback) => {
      const refused = refusal(faults, call.metadata)
      const name = nameOf(call.request.getOptions()?.getStreamIdentifier())
      if (refused) return callback(refused)
      if (log.isTombstoned(name)) return callback(streamDeleted(name))
      log.tombstone(name)
      return callback(null, new streams.TombstoneResp())
    },
  }
}

async function answerAppend(
  requests: readonly AppendReq[],
  metadata: Metadata,
  { log, faults, asked }: Parts,
  callback: sendUnaryData<AppendResp>,
) {
  const append = appendOf(requests)
  asked.appends.push(String(append.expected))
  const refused = refusal(faults, metadata)
  if (refused) return callback(refused)
  asked.appendsUnderWay += 1
  try {
    return callback(null, appendResponse(await write(append, log, faults), append))
  } catch (error) {
    return callback(serviceErrorOf(error))
  } finally {
    asked.appendsUnderWay -= 1
  }
}

function answerBatches(
  call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>,
  { log, faults }: Parts,
) {
  const open = new Map<string, BatchAppendReq[]>()
  call.on('data', (part: BatchAppendReq) => {
    const key = Buffer.from(part.getCorrelationId()?.serializeBinary() ?? []).toString('hex')
    const parts = [...(open.get(key) ?? []), part]
    open.set(key, parts)
    const [first] = parts
    if (!part.getIsFinal() || !first) return
    open.delete(key)
    write(batchOf(parts), log, faults)
      .then((outcome) => call.write(batchResponse(first, outcome)))
      .catch((error: unknown) => call.emit('error', serviceErrorOf(error)))
  })
  call.on('end', () => call.end())
}

/** A cluster of this server, or of this one and its leader. */
export function gossip(
  members: () => { readonly self: EndPoint; readonly leader: EndPoint | undefined },
): IGossipServer {
  return {
    read: (_call, callback) => {
      const { self, leader } = members()
      const { VNodeState } = gossipMessages.MemberInfo
      const info = new gossipMessages.ClusterInfo()
      const known = leader
        ? [member(self, VNodeState.FOLLOWER), member(leader, VNodeState.LEADER)]
        : [member(self, VNodeState.LEADER)]
      info.setMembersList(known)
      callback(null, info)
    },
  }
}

function member({ address, port }: EndPoint, state: MemberInfo.VNodeState) {
  const id = new shared.UUID()
  id.setString(crypto.randomUUID())
  const place = new gossipMessages.EndPoint()
  place.setAddress(address)
  place.setPort(port)
  const info = new gossipMessages.MemberInfo()
  info.setInstanceId(id)
  info.setTimeStamp(String(Date.now()))
  info.setState(state)
  info.setIsAlive(true)
  info.setHttpEndPoint(place)
  return info
}

/** Batched appends are offered, as by the real server. */
export function features(): {
  getSupportedMethods: handleUnaryCall<Empty, SupportedMethods>
} {
  return {
    getSupportedMethods: (_call, callback) => {
      const method = new featureMessages.SupportedMethod()
      method.setServiceName('event_store.client.streams.streams')
      method.setMethodName('batchappend')
      const supported = new featureMessages.SupportedMethods()
      supported.setEventStoreServerVersion('0.0.0-double')
      supported.setMethodsList([method])
      callback(null, supported)
    },
  }
}
