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
  /** The oldest first. */
  readonly variants: ReadonlyMap<string, KeptVariant>
}

export interface Variant {
  readonly key: string
  /** No other bytes have it. */
  readonly tag: string
  readonly mediaType: string
  readonly sizeBytes: number
}

export interface KeptVariant extends Variant {
  readonly storedAt: string
}

export type BlobCommand =
  HoldBlob | ReleaseBlob | StoreVariant | DropVariants | CondemnLost | NoteRemoval

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
 * one, where the variant is there already, or where there are as many as a picture may have: the
 * caller looks at the state, and removes its bytes. The oldest makes room when it was stored before
 * `replacesBefore`, so that whoever asks for ever other sizes writes no more than so many events.
 */
export interface StoreVariant extends Command, Variant {
  readonly type: 'StoreVariant'
  readonly variant: string
  readonly madeFrom: string
  readonly replacesBefore: string
}

/** Those that are still kept under these keys; the caller removes their bytes. */
export interface DropVariants extends Command {
  readonly type: 'DropVariants'
  readonly keys: readonly string[]
  readonly reason: 'old' | 'room' | 'lost'
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

/** Of one picture at one time. */
export const variantsMax = 32

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
    case 'DropVariants':
      return dropVariants(command, state)
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

function storeVariant(command: StoreVariant, state: BlobState): readonly BlobEvent[] {
  const { current } = state
  const { sha256, variant, madeFrom, replacesBefore, at } = command
  const { key, tag, mediaType, sizeBytes } = command
  if (current?.key !== madeFrom || current.variants.has(variant)) return []
  const stored = { sha256, variant, key, tag, mediaType, sizeBytes, storedAt: at }
  const [oldest] = current.variants.values()
  const isFull = current.variants.size >= variantsMax
  if (isFull && oldest && Date.parse(oldest.storedAt) >= Date.parse(replacesBefore)) return []
  const dropped =
    isFull && oldest
      ? dropVariants(
          { ...command, type: 'DropVariants', keys: [oldest.key], reason: 'room' },
          state,
        )
      : []
  return [...dropped, { type: 'VariantStored', data: stored }]
}

function dropVariants(command: DropVariants, { current }: BlobState): readonly BlobEvent[] {
  const { sha256, keys, reason, at } = command
  const wanted = new Set(keys)
  return [...(current?.variants ?? [])]
    .filter(([, { key }]) => wanted.has(key))
    .map(([variant, { key }]): BlobEvent => {
      return { type: 'VariantDropped', data: { sha256, variant, key, reason, droppedAt: at } }
    })
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
      const { variant, key, tag, mediaType, sizeBytes, storedAt } = event.data
      const kept = { key, tag, mediaType, sizeBytes, storedAt }
      const variants = new Map(state.current.variants).set(variant, kept)
      return { ...state, current: { ...state.current, variants } }
    }
    case 'VariantDropped': {
      const { variant, key } = event.data
      const after = { ...state, condemned: new Set(state.condemned).add(key) }
      if (!state.current) return after
      const variants = new Map(state.current.variants)
      variants.delete(variant)
      return { ...after, current: { ...state.current, variants } }
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
