import { EventStoreDBClient, type BaseOptions } from '@eventstore/db-client'
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js'
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js'
import type {
  AppendReq,
  AppendResp,
  ReadReq,
  ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js'
import type { CallOptions, Channel, ClientReadableStream, Metadata } from '@grpc/grpc-js'
import { failureOf } from './failure.ts'

/**
 * One connection to an EventStoreDB. The client package finds the server (discovery, leader, TLS,
 * credentials, keep-alive, reconnection) and brings the protocol; the calls are made here, because
 * - its `readAll` cannot filter, so a context would read everybody's events,
 * - it parses every event when it arrives, read or not,
 * - its appends go over one batch stream shared by the process, or, alone, from an async promise
 *   executor, where a channel closed in the same instant throws outside any promise.
 */
export interface Connection {
  /** One append as a call of its own, with a real deadline. */
  append(requests: readonly AppendReq[], deadlineMs: number): Promise<AppendResp>
  /** Opens a read or a subscription. It has no deadline; errors come through the stream. */
  read(request: ReadReq): Promise<ClientReadableStream<ReadResp>>
  tombstone(stream: string, deadlineMs: number): Promise<void>
  close(): Promise<void>
}

/** What the client keeps `protected`; the package is pinned, and this is looked at when made. */
interface ClientInternals {
  execute<T>(
    service: typeof StreamsClient,
    name: string,
    action: (client: StreamsClient) => Promise<T>,
  ): Promise<T>
  GRPCStreamCreator(
    service: typeof StreamsClient,
    name: string,
    creator: (client: StreamsClient) => ClientReadableStream<ReadResp>,
  ): () => Promise<ClientReadableStream<ReadResp>>
  callArguments(options: BaseOptions, callOptions?: CallOptions): [Metadata, CallOptions]
  getChannel(): Promise<Channel>
}

const internalNames = ['execute', 'GRPCStreamCreator', 'callArguments', 'getChannel'] as const

function hasInternals(client: unknown): client is ClientInternals {
  return internalNames.every((name) => typeof Reflect.get(Object(client), name) === 'function')
}

/** @param url `esdb://` or `esdb+discover://`, with credentials unless `tls=false`. */
export function openConnection(url: string): Connection {
  const client = EventStoreDBClient.connectionString(url)
  const internals: unknown = client
  if (!hasInternals(internals)) {
    throw new Error(
      'This version of @eventstore/db-client is not the one the adapter was made for.',
    )
  }
  let used = false
  const { StreamsClient: Streams } = streamsService

  return {
    append: (requests, deadlineMs) => {
      used = true
      return internals.execute(Streams, 'append', (streams) => {
        const call = internals.callArguments({ deadline: deadlineMs, requiresLeader: true })
        return send(streams, call, requests)
      })
    },

    read: (request) => {
      used = true
      return internals.GRPCStreamCreator(Streams, 'read', (streams) =>
        streams.read(
          request,
          ...internals.callArguments(
            { requiresLeader: true },
            { deadline: Number.POSITIVE_INFINITY },
          ),
        ),
      )()
    },

    tombstone: async (stream, deadlineMs) => {
      used = true
      await client.tombstoneStream(stream, { deadline: deadlineMs, requiresLeader: true })
    },

    close: async () => {
      await client.dispose()
      if (used) (await internals.getChannel()).close()
    },
  }
}

function send(
  streams: StreamsClient,
  [metadata, options]: [Metadata, CallOptions],
  requests: readonly AppendReq[],
) {
  return new Promise<AppendResp>((resolve, reject) => {
    const call = streams.append(metadata, options, (error, response) =>
      error ? reject(failureOf(error)) : resolve(response),
    )
    call.on('error', (error) => reject(failureOf(error)))
    for (const request of requests) call.write(request)
    call.end()
  })
}
