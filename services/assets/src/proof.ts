import type { ProofEvent } from '@atrium/contracts/assets/proof-events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'

/*
 * The proofs that were made: that the blob store holds what the log says, no more and no less.
 */

export type Proof = Extract<ProofEvent, { type: 'ProofCompleted' }>['data']

export interface ProofState {
  /** The newest one. */
  readonly last: Proof | undefined
}

export interface CompleteProof {
  readonly type: 'CompleteProof'
  readonly proof: Proof
}

export const proof: Decider<ProofState, CompleteProof, ProofEvent> = {
  initialState: { last: undefined },
  decide,
  evolve,
}

function decide(command: CompleteProof): readonly ProofEvent[] {
  return [{ type: 'ProofCompleted', data: command.proof }]
}

function evolve(_state: ProofState, event: ProofEvent): ProofState {
  return { last: event.data }
}
