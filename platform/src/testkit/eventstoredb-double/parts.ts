import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js'
import type { ServerWritableStream } from '@grpc/grpc-js'
import type { Faults } from './faults.ts'
import type { Log } from './log.ts'

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>

/** What was asked of the double so far. */
export interface Asked {
  /** The expectation of each append, as it was on the wire. */
  readonly appends: string[]
  reads: number
  subscriptions: number
  /** Appends that arrived and are not done, whether or not somebody waits. */
  appendsUnderWay: number
  /** Events that were handed to the network. */
  eventsSent: number
}

/** What the calls of one double share. */
export interface Parts {
  readonly log: Log
  readonly faults: Faults
  readonly asked: Asked
  readonly subscriptions: Set<ReadCall>
}
