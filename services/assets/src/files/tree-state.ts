import type { FileEvent } from '@atrium/contracts/assets/file-events.ts'
import { emptyMap, type PersistentMap } from '../persistent-map.ts'
import type { Path } from './path.ts'

/** What lies where in one instance, as far as anything is decided by it. */
export interface TreeState {
  readonly status: 'open' | 'cleared'
  readonly entries: PersistentMap<Entry>
  /** Entries by their parent and name. */
  readonly places: PersistentMap<string>
  /** Assets that are in no file any more, until the storage was told. */
  readonly letGo: ReadonlySet<string>
}

export type Entry = Placed & (Folder | File)

interface Placed {
  /** Absent at the top. */
  readonly parentId?: string
  readonly name: string
  /** Counts the entry's own events from 1. */
  readonly version: number
  readonly isPublic: boolean
  readonly sharedWith: ReadonlySet<string>
}

interface Folder {
  readonly kind: 'folder'
  /** Nobody sees it, and nothing is said of its name. */
  readonly isDetached: boolean
}

interface File {
  readonly kind: 'file'
  readonly content: FileContent
}

export interface FileContent {
  readonly assetId: string
  readonly mediaType: string
  readonly sizeBytes: number
  readonly sha256: string
}

export const initialState: TreeState = {
  status: 'open',
  entries: emptyMap(),
  places: emptyMap(),
  letGo: new Set(),
}

const top = 'top'
const placeKey = (parentId: string | undefined, name: string) => `${parentId ?? top}/${name}`

export function childOf(state: TreeState, parentId: string | undefined, name: string) {
  return state.places.get(placeKey(parentId, name))
}

/** The entry that a path leads to. */
export function entryAt(
  state: TreeState,
  path: Path,
): (Entry & { readonly id: string }) | undefined {
  let id: string | undefined
  for (const name of path) {
    id = childOf(state, id, name)
    if (id === undefined) return undefined
  }
  const entry = id === undefined ? undefined : state.entries.get(id)
  return id === undefined || !entry ? undefined : { ...entry, id }
}

/** What lies below an entry, those above before those below; not the entry itself. */
export function below(state: TreeState, id: string): readonly (readonly [string, Entry])[] {
  const children = Map.groupBy(state.entries.entries(), ([, { parentId }]) => parentId ?? top)
  const found = [...(children.get(id) ?? [])]
  for (let at = 0; at < found.length; at += 1) {
    const [child = ''] = found[at] ?? []
    found.push(...(children.get(child) ?? []))
  }
  return found
}

/** How many names deep an entry lies; 0 where its folder is detached. */
export function depthOf(state: TreeState, id: string | undefined): number {
  let depth = 0
  for (let at = id; at !== undefined; at = state.entries.get(at)?.parentId) depth += 1
  return depth
}

export function evolve(state: TreeState, event: FileEvent): TreeState {
  switch (event.type) {
    case 'FolderCreated': {
      const { isDetached = false } = event.data
      return created(state, event.data, { kind: 'folder', isDetached })
    }
    case 'FileWritten':
      return written(state, event.data)
    case 'EntryMoved':
      return moved(state, event.data)
    case 'EntryDeleted':
      return deleted(state, event.data.entryId)
    case 'EntryDescribed': {
      const { entryId, isPublic } = event.data
      return changed(state, entryId, (entry) => ({
        ...entry,
        isPublic: isPublic ?? entry.isPublic,
      }))
    }
    case 'EntryShared': {
      const { entryId, userId } = event.data
      return changed(state, entryId, (entry) => ({
        ...entry,
        sharedWith: new Set(entry.sharedWith).add(userId),
      }))
    }
    case 'EntryUnshared': {
      const { entryId, userId } = event.data
      return changed(state, entryId, (entry) => {
        const sharedWith = new Set(entry.sharedWith)
        sharedWith.delete(userId)
        return { ...entry, sharedWith }
      })
    }
    case 'FileAssetsReleased': {
      const letGo = new Set(state.letGo)
      for (const id of event.data.assetIds) letGo.delete(id)
      return { ...state, letGo }
    }
    case 'TreeCleared':
      return { ...initialState, status: 'cleared' }
  }
}

interface At {
  readonly entryId: string
  readonly parentId?: string
  readonly name: string
}

function created(
  state: TreeState,
  { entryId, parentId, name }: At,
  what: Folder | File,
): TreeState {
  const entry: Entry = {
    ...(parentId === undefined ? {} : { parentId }),
    name,
    version: 1,
    isPublic: false,
    sharedWith: new Set(),
    ...what,
  }
  const isSeen = entry.kind === 'file' || !entry.isDetached
  const { places } = state
  return {
    ...state,
    entries: state.entries.with(entryId, entry),
    places: isSeen ? places.with(placeKey(parentId, name), entryId) : places,
  }
}

function written(state: TreeState, data: At & FileContent): TreeState {
  const { entryId, assetId, mediaType, sizeBytes, sha256 } = data
  const content = { assetId, mediaType, sizeBytes, sha256 }
  const before = state.entries.get(entryId)
  if (before?.kind !== 'file') return created(state, data, { kind: 'file', content })
  const after = changed(state, entryId, (entry) => ({ ...entry, kind: 'file', content }))
  return { ...after, letGo: new Set(state.letGo).add(before.content.assetId) }
}

function moved(state: TreeState, { entryId, parentId, name }: At): TreeState {
  const before = state.entries.get(entryId)
  if (!before) return state
  const places = state.places
    .without(placeKey(before.parentId, before.name))
    .with(placeKey(parentId, name), entryId)
  const { parentId: _left, ...rest } = before
  const placed = { ...rest, name, ...(parentId === undefined ? {} : { parentId }) }
  const version = before.version + 1
  const entry: Entry =
    placed.kind === 'folder' ? { ...placed, version, isDetached: false } : { ...placed, version }
  return { ...state, places, entries: state.entries.with(entryId, entry) }
}

function deleted(state: TreeState, entryId: string): TreeState {
  const entry = state.entries.get(entryId)
  if (!entry) return state
  const letGo = new Set(state.letGo)
  let { entries, places } = state
  for (const [id, { parentId, name, ...what }] of [
    [entryId, entry] as const,
    ...below(state, entryId),
  ]) {
    if (what.kind === 'file') letGo.add(what.content.assetId)
    entries = entries.without(id)
    if (places.get(placeKey(parentId, name)) === id)
      places = places.without(placeKey(parentId, name))
  }
  return { ...state, entries, places, letGo }
}

function changed(state: TreeState, id: string, change: (entry: Entry) => Entry): TreeState {
  const entry = state.entries.get(id)
  if (!entry) return state
  const after = { ...change(entry), version: entry.version + 1 }
  return { ...state, entries: state.entries.with(id, after) }
}
