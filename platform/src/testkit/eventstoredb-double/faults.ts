import type { EndPoint } from '@eventstore/db-client'

/** What happens to an append on its way. */
export type AppendFault =
  /** Nothing is written, and the connection breaks. */
  | { readonly kind: 'fail' }
  /** It is written, and the connection breaks before the answer. */
  | { readonly kind: 'lose-answer' }
  /** It is written, and the answer comes after so long. */
  | { readonly kind: 'answer-late'; readonly delayMs: number }
  /** It is written after so long, whether or not anybody still waits. */
  | { readonly kind: 'write-late'; readonly delayMs: number }

/** What happens to a read on its way. */
export type ReadFault =
  /** The connection breaks after so many messages. */
  | { readonly kind: 'break'; readonly after: number }
  /** It is accepted, and nothing comes. */
  | { readonly kind: 'silence' }

/** What a test can make the double do; each fault in a list strikes one call. */
export interface Faults {
  readonly appends: AppendFault[]
  readonly reads: ReadFault[]
  /** False: every call is refused as "Server Is Not Ready". */
  ready: boolean
  /** Given: calls that need the leader are sent there. */
  leader: EndPoint | undefined
}

export const noFaults = (): Faults => ({ appends: [], reads: [], ready: true, leader: undefined })
