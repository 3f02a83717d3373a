import type { EventMetadata } from '@atrium/contracts/metadata.ts'

/**
 * The event store port. Two adapters implement it (PostgreSQL, EventStoreDB), one conformance suite
 * holds them to it. Positions and revisions are safe integers: revisions count from 0 in each
 * stream, positions order all events of the store and need not be dense.
 */
export interface EventStore {
  /**
   * Appends all events or none. Resolves with a conflict where the stream is not as expected, and
   * with the original revisions where exactly these event ids were already written there with the
   * same expectation; with `any` that is certain while they are among the stream's last
   * `anyTailEvents`. Where only some of an `any` append's ids are there: AppendRefused,
   * partly-written. Throws AppendRefused for what can never be stored, StreamTombstoned,
   * StoreUnavailable.
   */
  append(
    stream: string,
    events: readonly NewEvent[],
    expected: ExpectedRevision,
  ): Promise<AppendResult>

  /** The events of one stream, in pages as they are consumed. A stream that never was is empty. */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>

  /** The events of the store in order of position, in batches, up to the head at the call. */
  readAll(options?: ReadAllOptions): AsyncIterable<readonly RecordedEvent[]>

  /**
   * All events after a position, first those that exist, then each as it is written: none missed,
   * none twice, in order. Survives restarts of the server by itself. Ends only by its signal, and
   * waits for the consumer: no batch is fetched ahead without limit.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<readonly RecordedEvent[]>

  /** The position of the last event that matches, or 0 for none. */
  headPosition(filter?: EventFilter): Promise<number>

  /** Ends a stream for ever: reads and appends throw StreamTombstoned. For test streams only. */
  tombstone(stream: string): Promise<void>

  close(): Promise<void>
}

/** A revision that must be the stream's last, `none` (must not exist) or `any`. */
export type ExpectedRevision = number | 'none' | 'any'

export interface NewEvent {
  /** A UUID. The same id with the same expectation is written once. */
  readonly id: string
  readonly type: string
  readonly data: unknown
  readonly metadata: EventMetadata
}

export interface RecordedEvent {
  readonly id: string
  readonly type: string
  readonly stream: string
  readonly revision: number
  readonly position: number
  /** RFC 3339, UTC, when the store wrote it. */
  readonly recordedAt: string
  /** Parsed when first asked for, as it was written: not upcast. */
  readonly data: unknown
  /** The JSON text of `data` as it was written, where the store has it at no cost. */
  readonly dataText?: string | undefined
  readonly metadata: EventMetadata
}

export type AppendResult =
  | { readonly status: 'appended'; readonly revision: number; readonly position: number }
  | { readonly status: 'conflict'; readonly actual: number | 'none' }

export interface ReadStreamOptions {
  readonly direction?: 'forwards' | 'backwards'
  /** The first revision to read (inclusive). Default: the stream's start, or its end. */
  readonly from?: number
  readonly limit?: number
}

/** All given conditions must hold. */
export interface EventFilter {
  /** Streams whose names start with one of these. */
  readonly streamPrefixes?: readonly string[]
  readonly types?: readonly string[]
}

export interface ReadAllOptions {
  /** Exclusive; 0 or absent for the beginning. */
  readonly after?: number
  readonly filter?: EventFilter
  readonly limit?: number
}

export interface SubscribeOptions {
  /** Exclusive; 0 for the beginning. */
  readonly after: number
  readonly filter?: EventFilter
  readonly signal: AbortSignal
  /** At most this many events in a batch. */
  readonly batchSizeMax?: number
}

/**
 * Data and metadata of one append together, in bytes of their JSON. Larger content lies elsewhere.
 */
export const appendBytesMax = 768 * 1024

/** How long both adapters ask a lost server again, by default, before StoreUnavailable. */
export const storeGiveUpAfterMs = 15_000

/** Events in one append. */
export const appendEventsMax = 2_000

/** How far back in its stream a repeated append with `any` is recognised, at least. */
export const anyTailEvents = 1_000

/** The append can never be stored as it is; a repeat would fail alike. */
export class AppendRefused extends Error {
  override readonly name = 'AppendRefused'
  readonly reason: 'empty' | 'too-large' | 'invalid-event' | 'not-serialisable' | 'partly-written'

  constructor(reason: AppendRefused['reason'], detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.reason = reason
  }
}

/** The stream was ended for ever. */
export class StreamTombstoned extends Error {
  override readonly name = 'StreamTombstoned'
}

/**
 * The store did not answer. `maybeWritten` tells whether the append could have happened all the
 * same; the adapters have already asked again with the same ids until their limit.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly maybeWritten: boolean

  constructor(message: string, maybeWritten: boolean, options?: ErrorOptions) {
    super(message, options)
    this.maybeWritten = maybeWritten
  }
}
