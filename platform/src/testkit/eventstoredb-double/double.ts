import gossipService from '@eventstore/db-client/generated/gossip_grpc_pb.js'
import featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js'
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { noFaults, type Faults } from './faults.ts'
import { createLog } from './log.ts'
import { connectionLost, consumerTooSlow } from './messages.ts'
import type { Asked, ReadCall } from './parts.ts'
import { fail } from './reads.ts'
import { features, gossip, streamsOf } from './services.ts'

/**
 * A double of EventStoreDB: an in-memory server that speaks its gRPC protocol, with the rules that
 * were seen at a real 22.10.5, and that fails on command where a real one cannot be made to. It is
 * no evidence about the real server.
 */
export interface EventStoreDbDouble {
  readonly url: string
  readonly port: number
  /** The same through discovery, which asks the gossip. */
  readonly discoverUrl: string
  readonly faults: Faults
  readonly asked: Asked
  /** Subscriptions that are open now. */
  subscriptionCount(): number
  dropSubscriptions(reason: 'connection' | 'too-slow'): void
  /** ANY forgets which ids were written, as after a restart. */
  forgetIds(): void
  /** Breaks every call and refuses connections; what was written stays. */
  stop(): void
  start(): Promise<void>
  close(): void
}

const host = '127.0.0.1'

export async function createEventStoreDbDouble(): Promise<EventStoreDbDouble> {
  const log = createLog()
  const faults = noFaults()
  const asked: Asked = {
    appends: [],
    reads: 0,
    subscriptions: 0,
    appendsUnderWay: 0,
    eventsSent: 0,
  }
  const subscriptions = new Set<ReadCall>()
  const state: { port: number; server?: Server } = { port: 0 }

  async function start() {
    const server = new Server({
      'grpc.max_receive_message_length': 17 * 1024 * 1024,
      'grpc.max_send_message_length': 17 * 1024 * 1024,
    })
    const members = () => ({ self: { address: host, port: state.port }, leader: faults.leader })
    server.addService(
      streamsService.StreamsService,
      streamsOf({ log, faults, asked, subscriptions }),
    )
    server.addService(gossipService.GossipService, gossip(members))
    server.addService(featuresService.ServerFeaturesService, features())
    state.port = await bind(server, state.port)
    state.server = server
  }

  await start()
  const stop = () => state.server?.forceShutdown()
  return {
    url: `esdb://${host}:${state.port}?tls=false`,
    discoverUrl: `esdb+discover://${host}:${state.port}?tls=false`,
    port: state.port,
    faults,
    asked,
    subscriptionCount: () => subscriptions.size,
    dropSubscriptions: (reason) => {
      const error = reason === 'connection' ? connectionLost() : consumerTooSlow()
      for (const call of subscriptions) fail(call, error)
    },
    forgetIds: () => log.forgetIds(),
    stop,
    start,
    close: stop,
  }
}

function bind(server: Server, port: number) {
  return new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
}
