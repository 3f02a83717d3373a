import type { claimReleased, valueClaimed } from '@atrium/contracts/auth/events.ts'
import type { EventOf } from '@atrium/contracts/event.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

/*
 * One value that may belong to one user of a tenant: an e-mail address or a user name. The stream
 * is named by a keyed digest of the value, so that "must not exist" makes it unique without a
 * table.
 */

export type ClaimKind = 'email' | 'username'

export type ClaimState =
  | { readonly status: 'free' }
  | {
      readonly status: 'claimed'
      readonly kind: ClaimKind
      /** The stream whose fact needs the claim. */
      readonly factStream: string
      readonly claimedAt: string
    }

export type ClaimCommand = ClaimValue | TakeOverClaim | ReleaseClaim

/**
 * Refused as taken where another stream has it. Claimed anew by the same stream, the claim moves on
 * by a revision, so that a release that was decided before is refused.
 */
export interface ClaimValue {
  readonly type: 'ClaimValue'
  readonly kind: ClaimKind
  readonly factStream: string
  readonly at: string
}

/** From a stream that was closed to the value first; refused where someone else was faster. */
export interface TakeOverClaim {
  readonly type: 'TakeOverClaim'
  readonly kind: ClaimKind
  readonly from: string
  readonly factStream: string
  readonly at: string
}

/** Does nothing where the claim is another stream's by now. */
export interface ReleaseClaim {
  readonly type: 'ReleaseClaim'
  readonly factStream: string
  readonly at: string
}

export type ClaimEvent = EventOf<typeof valueClaimed | typeof claimReleased>

/** A claim whose fact does not follow for so long may be taken over. */
export const claimLeftAloneMs = 10_000

const takenCodes = { email: 'email-taken', username: 'username-taken' } as const

export const takenBy = (kind: ClaimKind) => new Rejection(takenCodes[kind])

export const claim: Decider<ClaimState, ClaimCommand, ClaimEvent> = {
  initialState: { status: 'free' },
  decide,
  evolve,
}

function decide(command: ClaimCommand, state: ClaimState): readonly ClaimEvent[] {
  switch (command.type) {
    case 'ClaimValue':
      if (state.status === 'free' || state.factStream === command.factStream) {
        return [claimed(command)]
      }
      throw takenBy(state.kind)
    case 'TakeOverClaim':
      if (state.status === 'free' || state.factStream === command.from) return [claimed(command)]
      if (state.factStream === command.factStream) return []
      throw takenBy(state.kind)
    case 'ReleaseClaim':
      if (state.status === 'free' || state.factStream !== command.factStream) return []
      return [
        {
          type: 'ClaimReleased',
          data: { factStream: command.factStream, releasedAt: command.at },
        },
      ]
  }
}

const claimed = ({ kind, factStream, at }: ClaimValue | TakeOverClaim): ClaimEvent => ({
  type: 'ValueClaimed',
  data: { kind, factStream, claimedAt: at },
})

function evolve(_state: ClaimState, event: ClaimEvent): ClaimState {
  switch (event.type) {
    case 'ValueClaimed':
      return { status: 'claimed', ...event.data }
    case 'ClaimReleased':
      return { status: 'free' }
  }
}
