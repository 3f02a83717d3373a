import type { FileEvent } from '@atrium/contracts/assets/file-events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import { depthMax, type Path } from './path.ts'
import {
  below,
  childOf,
  depthOf,
  type Entry,
  entryAt,
  evolve,
  type FileContent,
  initialState,
  type TreeState,
} from './tree-state.ts'

/*
 * The folders and files of one instance. One stream for all of them, so that a move of a folder is
 * one event, whatever lies below, and nobody sees half of it.
 */

export type TreeCommand =
  | WriteFile
  | CreateFolder
  | MoveEntry
  | DeleteEntry
  | DescribeEntry
  | ShareEntry
  | UnshareEntry
  | AddCopies
  | AttachCopy
  | DropCopy
  | NoteAssetsReleased
  | ClearTree

interface Command {
  readonly instanceId: string
  readonly ownerId: string
  readonly at: string
}

/** Where something is to be, with ids for it and for the folders that are missing above it. */
interface Target {
  readonly path: Path
  readonly entryId: string
  readonly folderIds: readonly string[]
  readonly entriesMax: number
}

/** A new file, or the new content of one. Folders that are missing above it are created. */
export interface WriteFile extends Command, Target {
  readonly type: 'WriteFile'
  readonly content: FileContent
  readonly writtenBy: string
  readonly expectedVersion?: number | undefined
  /** Refuse to replace what is there. */
  readonly mustBeNew?: boolean
}

/** Nothing happens where there is one. */
export interface CreateFolder extends Command, Target {
  readonly type: 'CreateFolder'
}

export interface MoveEntry extends Command {
  readonly type: 'MoveEntry'
  readonly from: Path
  readonly to: Path
  readonly folderIds: readonly string[]
  readonly entriesMax: number
}

export interface DeleteEntry extends Command {
  readonly type: 'DeleteEntry'
  readonly path: Path
  readonly expectedVersion?: number | undefined
}

export interface DescribeEntry extends Command {
  readonly type: 'DescribeEntry'
  readonly path: Path
  readonly metadata?: Readonly<Record<string, string>>
  readonly isPublic?: boolean
  readonly expectedVersion?: number | undefined
}

export interface ShareEntry extends Command {
  readonly type: 'ShareEntry'
  readonly path: Path
  readonly userId: string
  readonly access: 'read' | 'write'
  readonly expiresAt?: string
}

export interface UnshareEntry extends Command {
  readonly type: 'UnshareEntry'
  readonly path: Path
  readonly userId: string
}

/** A part of a copy, built where nobody sees it. The first part creates its detached folder. */
export interface AddCopies extends Command {
  readonly type: 'AddCopies'
  readonly copyId: string
  readonly entries: readonly CopiedEntry[]
  readonly writtenBy: string
  readonly entriesMax: number
}

export interface CopiedEntry {
  readonly entryId: string
  /** The copy's own folder where absent. */
  readonly parentId?: string
  readonly name: string
  /** Absent for a folder. */
  readonly content?: FileContent
}

/** Gives a finished copy its place, in one instant. */
export interface AttachCopy extends Command {
  readonly type: 'AttachCopy'
  readonly copyId: string
  readonly to: Path
  readonly folderIds: readonly string[]
  readonly entriesMax: number
}

/** One that was never finished. */
export interface DropCopy extends Command {
  readonly type: 'DropCopy'
  readonly copyId: string
}

export interface NoteAssetsReleased extends Command {
  readonly type: 'NoteAssetsReleased'
  readonly assetIds: readonly string[]
}

export interface ClearTree extends Command {
  readonly type: 'ClearTree'
}

export const sharesMax = 100

export const tree: Decider<TreeState, TreeCommand, FileEvent> = { initialState, decide, evolve }

function decide(command: TreeCommand, state: TreeState): readonly FileEvent[] {
  if (state.status === 'cleared') {
    if (command.type === 'ClearTree' || command.type === 'NoteAssetsReleased') return []
    throw new Rejection('not-found')
  }
  switch (command.type) {
    case 'WriteFile':
      return write(command, state)
    case 'CreateFolder':
      return createFolder(command, state)
    case 'MoveEntry':
      return move(command, state)
    case 'DeleteEntry':
      return remove(command, state)
    case 'DescribeEntry':
      return describe(command, state)
    case 'ShareEntry':
      return share(command, state)
    case 'UnshareEntry':
      return unshare(command, state)
    case 'AddCopies':
      return addCopies(command, state)
    case 'AttachCopy':
      return attach(command, state)
    case 'DropCopy':
      return dropCopy(command, state)
    case 'NoteAssetsReleased':
      return noteReleased(command, state)
    case 'ClearTree':
      return [{ type: 'TreeCleared', data: { ...which(command), clearedAt: command.at } }]
  }
}

const which = ({ instanceId, ownerId }: Command) => ({ instanceId, ownerId })
const inFolder = (parentId: string | undefined) => (parentId === undefined ? {} : { parentId })
const conflict = (rule: string) => new Rejection('file-conflict', { rule })

function write(command: WriteFile, state: TreeState): FileEvent[] {
  const { path, content, writtenBy, at, mustBeNew } = command
  const { folders, parentId, name } = folderFor(command, path, state)
  const id = folders.length > 0 ? undefined : childOf(state, parentId, name)
  const before = id === undefined ? undefined : state.entries.get(id)
  if (before?.kind === 'folder') throw conflict('is-a-folder')
  if (before && mustBeNew) throw conflict('exists')
  demandVersion(command, before)
  if (before?.kind === 'file' && before.content.assetId === content.assetId) return []
  demandRoom(command, folders.length + (before ? 0 : 1), state)
  const { assetId, mediaType, sizeBytes, sha256 } = content
  const data = {
    ...which(command),
    entryId: id ?? command.entryId,
    ...inFolder(parentId),
    name,
    assetId,
    mediaType,
    sizeBytes,
    sha256,
    writtenBy,
    writtenAt: at,
  }
  return [...folders, { type: 'FileWritten', data }]
}

function createFolder(command: CreateFolder, state: TreeState): FileEvent[] {
  const { path, entryId, at } = command
  const { folders, parentId, name } = folderFor(command, path, state)
  const id = folders.length > 0 ? undefined : childOf(state, parentId, name)
  const before = id === undefined ? undefined : state.entries.get(id)
  if (before?.kind === 'file') throw conflict('is-a-file')
  if (before) return []
  demandRoom(command, folders.length + 1, state)
  const data = { ...which(command), entryId, ...inFolder(parentId), name, createdAt: at }
  return [...folders, { type: 'FolderCreated', data }]
}

function move(command: MoveEntry, state: TreeState): FileEvent[] {
  const { from, to } = command
  const moved = demandEntry(state, from)
  const isInto = to.length > from.length && from.every((name, index) => to[index] === name)
  if (isInto) throw conflict('into-itself')
  if (from.length === to.length && from.every((name, index) => to[index] === name)) return []
  return moveTo(command, moved, state)
}

/** To a place that nothing has, with the folders above it. */
function moveTo(
  command: MoveEntry | AttachCopy,
  { id }: { readonly id: string },
  state: TreeState,
): FileEvent[] {
  const { to, at } = command
  const { folders, parentId, name } = folderFor(command, to, state)
  if (folders.length === 0 && childOf(state, parentId, name) !== undefined) throw conflict('exists')
  demandRoom(command, folders.length, state)
  const depth = depthOf(state, id)
  const height = Math.max(0, ...below(state, id).map(([each]) => depthOf(state, each) - depth))
  if (to.length + height > depthMax) throw conflict('too-deep')
  const data = { ...which(command), entryId: id, ...inFolder(parentId), name, movedAt: at }
  return [...folders, { type: 'EntryMoved', data }]
}

function remove(command: DeleteEntry, state: TreeState): FileEvent[] {
  const entry = demandEntry(state, command.path)
  demandVersion(command, entry)
  const data = { ...which(command), entryId: entry.id, deletedAt: command.at }
  return [{ type: 'EntryDeleted', data }]
}

function describe(command: DescribeEntry, state: TreeState): FileEvent[] {
  const { metadata, isPublic, at } = command
  const entry = demandEntry(state, command.path)
  demandVersion(command, entry)
  const changed = {
    ...(metadata === undefined ? {} : { metadata }),
    ...(isPublic === undefined || isPublic === entry.isPublic ? {} : { isPublic }),
  }
  if (Object.keys(changed).length === 0) return []
  const data = { ...which(command), entryId: entry.id, ...changed, describedAt: at }
  return [{ type: 'EntryDescribed', data }]
}

function share(command: ShareEntry, state: TreeState): FileEvent[] {
  const { userId, access, expiresAt, at } = command
  const entry = demandEntry(state, command.path)
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(at)) {
    throw invalid({ pointer: '/expiresAt', code: 'in-the-past', detail: 'is over already' })
  }
  const others = new Set(entry.sharedWith)
  others.delete(userId)
  if (others.size >= sharesMax) {
    throw new Rejection('quota-exceeded', { quota: 'shares', limit: sharesMax, used: others.size })
  }
  const until = expiresAt === undefined ? {} : { expiresAt }
  const data = { ...which(command), entryId: entry.id, userId, access, ...until, sharedAt: at }
  return [{ type: 'EntryShared', data }]
}

function unshare(command: UnshareEntry, state: TreeState): FileEvent[] {
  const { userId, at } = command
  const entry = demandEntry(state, command.path)
  if (!entry.sharedWith.has(userId)) return []
  const data = { ...which(command), entryId: entry.id, userId, unsharedAt: at }
  return [{ type: 'EntryUnshared', data }]
}

function addCopies(command: AddCopies, state: TreeState): FileEvent[] {
  const { copyId, entries, writtenBy, at } = command
  const isNew = !state.entries.has(copyId)
  demandRoom(command, entries.length + (isNew ? 1 : 0), state)
  const folder = { ...which(command), entryId: copyId, name: copyId, createdAt: at }
  return [
    ...(isNew ? [{ type: 'FolderCreated', data: { ...folder, isDetached: true } } as const] : []),
    ...entries.map(({ entryId, parentId = copyId, name, content }): FileEvent => {
      const place = { ...which(command), entryId, parentId, name }
      if (!content) return { type: 'FolderCreated', data: { ...place, createdAt: at } }
      const { assetId, mediaType, sizeBytes, sha256 } = content
      const data = { ...place, assetId, mediaType, sizeBytes, sha256, writtenBy, writtenAt: at }
      return { type: 'FileWritten', data }
    }),
  ]
}

function attach(command: AttachCopy, state: TreeState): FileEvent[] {
  const copy = state.entries.get(command.copyId)
  if (copy?.kind !== 'folder' || !copy.isDetached) throw new Rejection('not-found')
  return moveTo(command, { id: command.copyId }, state)
}

function dropCopy(command: DropCopy, { entries }: TreeState): FileEvent[] {
  const copy = entries.get(command.copyId)
  if (copy?.kind !== 'folder' || !copy.isDetached) return []
  const data = { ...which(command), entryId: command.copyId, deletedAt: command.at }
  return [{ type: 'EntryDeleted', data }]
}

function noteReleased(command: NoteAssetsReleased, { letGo }: TreeState): FileEvent[] {
  const assetIds = command.assetIds.filter((id) => letGo.has(id))
  if (assetIds.length === 0) return []
  const data = { ...which(command), assetIds, releasedAt: command.at }
  return [{ type: 'FileAssetsReleased', data }]
}

/** The folder that a path's last name is to be in, and those to be created for it. */
function folderFor(
  command: Command & { readonly folderIds: readonly string[] },
  path: Path,
  state: TreeState,
) {
  const folders: FileEvent[] = []
  const above = path.slice(0, -1)
  let parentId: string | undefined
  for (const [index, name] of above.entries()) {
    const id = folders.length > 0 ? undefined : childOf(state, parentId, name)
    if (id !== undefined && state.entries.get(id)?.kind === 'file') throw conflict('is-a-file')
    const entryId: string = id ?? command.folderIds[index] ?? ''
    if (id === undefined) {
      const data = {
        ...which(command),
        entryId,
        ...inFolder(parentId),
        name,
        createdAt: command.at,
      }
      folders.push({ type: 'FolderCreated', data })
    }
    parentId = entryId
  }
  return { folders, parentId, name: path.at(-1) ?? '' }
}

function demandEntry(state: TreeState, path: Path) {
  const entry = entryAt(state, path)
  if (!entry) throw new Rejection('not-found')
  return entry
}

function demandVersion(
  { expectedVersion }: { readonly expectedVersion?: number | undefined },
  entry: Pick<Entry, 'version'> | undefined,
) {
  if (expectedVersion === undefined || entry?.version === expectedVersion) return
  if (!entry) throw new Rejection('not-found')
  throw new Rejection('version-conflict', { currentVersion: entry.version })
}

function demandRoom(
  { entriesMax }: { readonly entriesMax: number },
  more: number,
  { entries }: TreeState,
) {
  if (more === 0 || entries.size + more <= entriesMax) return
  throw new Rejection('quota-exceeded', { quota: 'files', limit: entriesMax, used: entries.size })
}
