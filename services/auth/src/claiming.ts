import { parseStreamName, streamName } from '@atrium/contracts/naming.ts'
import type { Aggregate } from '@atrium/platform/decider/aggregate.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { StoreUnavailable } from '@atrium/platform/event-store/port.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import {
  claimLeftAloneMs,
  takenBy,
  type ClaimCommand,
  type ClaimEvent,
  type ClaimState,
} from './claim.ts'
import type { Identifier } from './identifiers.ts'
import { keyedDigest } from './secrets.ts'
import {
  holds,
  type RegisteredUser,
  type UserCommand,
  type UserEvent,
  type UserState,
} from './user.ts'

/*
 * Claims and the users they stand for. Two streams cannot be written at once, so a claim goes first
 * and its fact follows. Where the fact never comes (the process died), the next one who wants the
 * value closes the fact's stream to it, and only then moves the claim: a late fact is refused.
 */

export type Users = Aggregate<UserState, UserCommand, UserEvent>
export type Claims = Aggregate<ClaimState, ClaimCommand, ClaimEvent>

export interface ClaimingDeps {
  readonly users: Users
  readonly claims: Claims
  /** Of the digests that name claim streams: they tell nobody which addresses are registered. */
  readonly claimKey: Buffer
}

export const userStream = (tenant: string, userId: string) =>
  streamName('auth.user', tenant, userId)

/** The id of the claim of a value, and of its stream. */
export const claimIdOf = ({ kind, value }: Identifier, key: Buffer) =>
  keyedDigest(key, kind, value).toString('hex')

/** Lost races before giving up. */
const attemptsMax = 5

/**
 * Makes the value the user's. Refused as email-taken or username-taken where it is, or is about to
 * become, someone else's.
 */
export async function claimValue(
  deps: ClaimingDeps,
  identifier: Identifier,
  userId: string,
  at: string,
  cause: Cause,
): Promise<void> {
  const { claims, claimKey } = deps
  const id = claimIdOf(identifier, claimKey)
  const { kind } = identifier
  const factStream = userStream(cause.tenant, userId)
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const { state } = await claims.load(cause.tenant, id)
    const isOthers = state.status === 'claimed' && state.factStream !== factStream
    if (isOthers) await closeToClaim(deps, identifier, state, at, cause)
    const step = partOf(cause, `claim-${kind}-${attempt}`)
    const command: ClaimCommand = isOthers
      ? { type: 'TakeOverClaim', kind, from: state.factStream, factStream, at }
      : { type: 'ClaimValue', kind, factStream, at }
    try {
      await claims.handle(id, command, step)
      return
    } catch (error) {
      if (isOthers || !(error instanceof Rejection)) throw error
      // Someone claimed it since it was loaded: whether it can be taken over shows at the next
      // load.
    }
  }
  throw new StoreUnavailable(`a claim changed under ${attemptsMax} attempts`, false)
}

/** Refused as taken, unless the claim was left alone and its stream can never make it a fact. */
async function closeToClaim(
  { users }: ClaimingDeps,
  { kind, value }: Identifier,
  claim: Extract<ClaimState, { status: 'claimed' }>,
  at: string,
  cause: Cause,
) {
  const ownerId = parseStreamName(claim.factStream)?.id
  if (ownerId === undefined) throw new Error('a claim of something that is no stream')
  const { state } = await users.load(cause.tenant, ownerId)
  if (holds(state, kind, value)) throw takenBy(kind)
  const leftAlone = Date.parse(at) - Date.parse(claim.claimedAt) >= claimLeftAloneMs
  if (!leftAlone && state.status !== 'abandoned') throw takenBy(kind)
  const command = { type: 'AbandonClaim', userId: ownerId, kind, value, at } as const
  const closed = await users.handle(ownerId, command, partOf(cause, `abandon-${kind}-${ownerId}`))
  if (holds(closed.state, kind, value)) throw takenBy(kind)
}

/** Frees the value where it still is the user's, at the version given if any. */
export async function releaseValue(
  { claims, claimKey }: ClaimingDeps,
  identifier: Identifier,
  userId: string,
  at: string,
  cause: Cause,
  expectedVersion?: number,
): Promise<void> {
  const factStream = userStream(cause.tenant, userId)
  try {
    await claims.handle(
      claimIdOf(identifier, claimKey),
      { type: 'ReleaseClaim', factStream, at },
      partOf(cause, `release-${identifier.kind}`),
      expectedVersion === undefined ? {} : { expectedVersion },
    )
  } catch (error) {
    if (!(error instanceof Rejection && error.code === 'version-conflict')) throw error
  }
}

/** The account that has this value, exactly, whatever projections have seen. */
export async function findUser(
  { users, claims, claimKey }: ClaimingDeps,
  tenant: string,
  identifier: Identifier,
): Promise<{ readonly user: RegisteredUser; readonly version: number } | undefined> {
  const { state: claim } = await claims.load(tenant, claimIdOf(identifier, claimKey))
  const id = claim.status === 'claimed' ? parseStreamName(claim.factStream)?.id : undefined
  if (id === undefined) return undefined
  const { state, version } = await users.load(tenant, id)
  return state.status === 'registered' && holds(state, identifier.kind, identifier.value)
    ? { user: state, version }
    : undefined
}
