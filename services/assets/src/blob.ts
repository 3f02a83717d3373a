import type { BlobEvent } from '@atrium/contracts/assets/blob-events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { emptyMap, type PersistentMap } from './persistent-map.ts'

/*
 * The bytes of one content in one tenant, and the assets that hold them. Bytes are condemned here
 * before they go, so that nobody can come to hold what is about to be removed: whoever meets a
 * condemned blob stores the bytes again, under another key.
 */

export interface BlobState {
  readonly sha256: string
  /** By asset. */
  readonly holders: PersistentMap<Holder>
  /** Undefined where nothing can be read: before the first bytes and after they were condemned. */
  readonly current: Bytes | undefined
  /** Keys of the blob store whose bytes are to be removed. */
  readonly condemned: ReadonlySet<string>
}

export interface Holder {
  readonly ownerId: string
  readonly reservationId: string
}

export interface Bytes {
  readonly key: string
  readonly sizeBytes: number
  readonly variants: ReadonlyMap<string, Variant>
}

export interface Variant {
  readonly key: string
  readonly mediaType: string
  readonly sizeBytes: number
}

export type BlobCommand = HoldBlob | ReleaseBlob | StoreVariant | CondemnLost | NoteRemoval

interface Command {
  readonly sha256: string
  readonly at: string
}

/**
 * Without `stored` it does nothing where there are no current bytes to hold: the caller, who sees
 * it by the state, has to bring them. With `stored`, bytes that are there already win: the caller,
 * who sees another key in the state, removes its own.
 */
export interface HoldBlob extends Command, Holder {
  readonly type: 'HoldBlob'
  readonly assetId: string
  /** Bytes that were committed for this hold, under a key that nothing else has. */
  readonly stored?: { readonly key: string; readonly sizeBytes: number }
}

/** The last one to let go condemns the bytes. */
export interface ReleaseBlob extends Command {
  readonly type: 'ReleaseBlob'
  readonly assetId: string
}

/**
 * Does nothing where the picture that it was made from, named by its key, is no longer the current
 * one, or where the variant is there already: the caller looks at the state.
 */
export interface StoreVariant extends Command, Variant {
  readonly type: 'StoreVariant'
  readonly variant: string
  readonly madeFrom: string
}

/**
 * The blob store has lost the bytes under this key. The holders stay: the next upload of the same
 * content mends them all.
 */
export interface CondemnLost extends Command {
  readonly type: 'CondemnLost'
  readonly key: string
}

export interface NoteRemoval extends Command {
  readonly type: 'NoteRemoval'
  readonly keys: readonly string[]
}

export const blob: Decider<BlobState, BlobCommand, BlobEvent> = {
  initialState: { sha256: '', holders: emptyMap(), current: undefined, condemned: new Set() },
  decide,
  evolve,
}

function decide(command: BlobCommand, state: BlobState): readonly BlobEvent[] {
  switch (command.type) {
    case 'HoldBlob':
      return hold(command, state)
    case 'ReleaseBlob':
      return release(command, state)
    case 'StoreVariant':
      return storeVariant(command, state)
    case 'CondemnLost':
      return condemnLost(command, state)
    case 'NoteRemoval':
      return noteRemoval(command, state)
  }
}

function hold(command: HoldBlob, { holders, current }: BlobState): readonly BlobEvent[] {
  const { sha256, assetId, ownerId, reservationId, stored, at } = command
  if (current && holders.has(assetId)) return []
  const holder = { sha256, assetId, ownerId, reservationId }
  if (current) return [{ type: 'BlobHeld', data: { ...holder, heldAt: at } }]
  if (!stored) return []
  const { key, sizeBytes } = stored
  return [{ type: 'BlobStored', data: { ...holder, key, sizeBytes, storedAt: at } }]
}

function release(command: ReleaseBlob, { holders, current }: BlobState): readonly BlobEvent[] {
  const { sha256, assetId, at } = command
  if (!holders.has(assetId)) return []
  const released = { type: 'BlobReleased', data: { sha256, assetId, releasedAt: at } } as const
  if (holders.size > 1 || !current) return [released]
  return [released, condemned(sha256, current, 'unheld', at)]
}

function storeVariant(command: StoreVariant, { current }: BlobState): readonly BlobEvent[] {
  const { sha256, variant, madeFrom, key, mediaType, sizeBytes, at } = command
  if (current?.key !== madeFrom || current.variants.has(variant)) return []
  return [
    {
      type: 'VariantStored',
      data: { sha256, variant, key, mediaType, sizeBytes, storedAt: at },
    },
  ]
}

function condemnLost(command: CondemnLost, { current }: BlobState): readonly BlobEvent[] {
  const { sha256, key, at } = command
  return current?.key === key ? [condemned(sha256, current, 'lost', at)] : []
}

function noteRemoval(command: NoteRemoval, state: BlobState): readonly BlobEvent[] {
  const { sha256, at } = command
  const keys = command.keys.filter((key) => state.condemned.has(key))
  return keys.length > 0 ? [{ type: 'BlobRemoved', data: { sha256, keys, removedAt: at } }] : []
}

const condemned = (
  sha256: string,
  { key, variants }: Bytes,
  reason: 'unheld' | 'lost',
  at: string,
): BlobEvent => ({
  type: 'BlobCondemned',
  data: {
    sha256,
    keys: [key, ...[...variants.values()].map((variant) => variant.key)],
    reason,
    condemnedAt: at,
  },
})

function evolve(state: BlobState, event: BlobEvent): BlobState {
  switch (event.type) {
    case 'BlobStored': {
      const { sha256, key, sizeBytes } = event.data
      const current = { key, sizeBytes, variants: new Map() }
      return { ...withHolder(state, event.data), sha256, current }
    }
    case 'BlobHeld':
      return withHolder(state, event.data)
    case 'BlobReleased':
      return { ...state, holders: state.holders.without(event.data.assetId) }
    case 'VariantStored': {
      if (!state.current) return state
      const { variant, key, mediaType, sizeBytes } = event.data
      const variants = new Map(state.current.variants).set(variant, { key, mediaType, sizeBytes })
      return { ...state, current: { ...state.current, variants } }
    }
    case 'BlobCondemned': {
      const keys = new Set([...state.condemned, ...event.data.keys])
      return { ...state, current: undefined, condemned: keys }
    }
    case 'BlobRemoved': {
      const keys = new Set(state.condemned)
      for (const key of event.data.keys) keys.delete(key)
      return { ...state, condemned: keys }
    }
  }
}

function withHolder(
  state: BlobState,
  { assetId, ownerId, reservationId }: Holder & { readonly assetId: string },
): BlobState {
  return { ...state, holders: state.holders.with(assetId, { ownerId, reservationId }) }
}
