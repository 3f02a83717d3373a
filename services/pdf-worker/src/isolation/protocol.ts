import type { LimitHit } from '@atrium/contracts/pdf/schema.ts'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'

/*
 * What a render process and the service say to each other. The bytes that a task makes go through a
 * pipe of their own, which the service counts; here is only how many there were.
 */

/** The descriptor of that pipe in the render process. */
export const outputDescriptor = 4

/** The service gives one task at a time. */
export interface TaskMessage {
  readonly type: 'task'
  readonly task: unknown
}

const closed = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })

/** What a process says is checked: who takes it over by a document must not reach the service. */
const ProcessMessage = Type.Union([
  Type.Object({ type: Type.Literal('ready') }, closed),
  Type.Object({ type: Type.Literal('progress'), page: Count, pages: Count }, closed),
  Type.Object({ type: Type.Literal('done'), sizeBytes: Count, value: Type.Unknown() }, closed),
  Type.Object({ type: Type.Literal('refused'), reason: Type.Unknown() }, closed),
])
export type ProcessMessage = Static<typeof ProcessMessage>

const checked = Compile(ProcessMessage)

export const isProcessMessage = (message: unknown): message is ProcessMessage =>
  checked.Check(message)

/** What became of a task. */
export type TaskOutcome =
  | { readonly status: 'done'; readonly sizeBytes: number; readonly value: unknown }
  /** It cannot be done, for a reason that lies in the input. */
  | { readonly status: 'refused'; readonly reason: unknown }
  /** It was killed at a limit. */
  | { readonly status: 'limit'; readonly hit: LimitHit }
  /** The process ended without an answer, by itself or by another's hand. */
  | { readonly status: 'crashed'; readonly cause: string }
  /** Its signal was raised. */
  | { readonly status: 'aborted' }

export interface TaskLimits {
  readonly memoryBytesMax: number
  readonly timeoutMs: number
  readonly pagesMax: number
  readonly outputBytesMax: number
}
