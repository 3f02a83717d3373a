import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { ProblemCode } from '@atrium/contracts/problem.ts'

/** What an idempotency key stands for. */
export interface KeyedRequest {
  readonly tenant: string
  readonly userId: string
  readonly route: string
  readonly key: string
  /** Of everything that makes it this request: params, query, body and precondition. */
  readonly bodyHash: Buffer
}

/** The command that the first request with the key became. */
export interface KeyedCommand {
  readonly commandId: string
  readonly at: string
}

/** What a request was answered, so that it can be answered again. */
export type KeptAnswer =
  | {
      readonly status: number
      readonly body?: unknown
      readonly version?: number
      readonly written?: ConsistencyPoint
    }
  | { readonly code: ProblemCode; readonly extensions: Readonly<Record<string, unknown>> }

export type Begun =
  | { readonly state: 'answered'; readonly answer: KeptAnswer }
  | {
      readonly state: 'run'
      readonly command: KeyedCommand
      /** It ran before and left no answer. */
      readonly mayRepeat: boolean
      /** Keeps the answer; undefined where it must not be kept, so that the next one runs again. */
      finish(answer: KeptAnswer | undefined): Promise<void>
    }

export interface Idempotency {
  /** Throws Rejection `idempotency-key-in-flight`, `idempotency-key-reused`. */
  begin(request: KeyedRequest, fresh: KeyedCommand): Promise<Begun>
  close(): Promise<void>
}
