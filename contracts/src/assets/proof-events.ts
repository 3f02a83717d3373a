import { Type } from 'typebox'
import { defineEvent, eventData, type EventOf } from '../event.ts'
import { Timestamp } from '../schema.ts'

// The proofs of one installation, of all its tenants: assets.proof-default:blobs.

const count = Type.Integer({ minimum: 0 })

export const proofCompleted = defineEvent({
  context: 'assets',
  type: 'ProofCompleted',
  version: 2,
  visibility: 'private',
  summary: 'Blob store, read models and log were compared.',
  data: eventData({
    proofId: Type.String(),
    /** Up to which event of the log. */
    position: count,
    blobs: count,
    assets: count,
    /** Bytes that nothing has, and that no upload is about to hold. */
    orphans: count,
    /** Bytes that an asset or a variant should have, and that are not there. */
    missing: count,
    /** Bytes so young that an upload may be about to hold them. */
    unsettled: count,
    /** Derived pictures that a process stored and never noted; every proof removes them. */
    leftovers: count,
    /** Rows of the read models that no replay of the log gives, or that are missing there. */
    differences: count,
    /** Whether it mended what it found. The counts are of before. */
    repaired: Type.Boolean(),
    startedAt: Timestamp,
    completedAt: Timestamp,
  }),
  upcasters: [(data) => ({ ...data, leftovers: 0 })],
})

export const proofEvents = [proofCompleted] as const

export type ProofEvent = EventOf<(typeof proofEvents)[number]>
