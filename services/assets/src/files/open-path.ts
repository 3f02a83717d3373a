import type { Caller } from '@atrium/platform/http/exchange.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { ClientBase } from 'pg'
import {
  type FileEntry,
  findInstanceOwner,
  findShare,
  followPath,
} from '../projections/file-tree/query.ts'
import type { Path } from './path.ts'

/** What somebody may do where a path leads. The owner alone decides who else may. */
export type Access = 'owner' | 'write' | 'read'

export interface OpenedPath {
  readonly ownerId: string
  readonly access: Access
  /** What the path leads to; absent where there is nothing, and for the top. */
  readonly entry?: FileEntry
}

interface Asked {
  readonly instanceId: string
  readonly path: Path
  readonly at: string
}

/**
 * Where a path leads, for who may see it. Throws not-found for everybody else, as for an instance
 * that never was: a share, or being public, holds for the entry and for all below.
 */
export async function openPath(
  client: ClientBase,
  caller: Caller,
  { instanceId, path, at }: Asked,
): Promise<OpenedPath> {
  const ownerId = await findInstanceOwner(client, instanceId)
  if (ownerId === undefined) throw new Rejection('not-found')
  const entries = await followPath(client, { instanceId, path })
  const entry = entries.length === path.length ? entries.at(-1) : undefined
  const found = { ownerId, ...(entry ? { entry } : {}) }
  if (caller.userId === ownerId) return { ...found, access: 'owner' }
  const { userId } = caller
  const share = await findShare(client, { entryIds: entries.map(({ id }) => id), userId, at })
  const access = share ?? (entries.some(({ isPublic }) => isPublic) ? 'read' : undefined)
  if (access === undefined) throw new Rejection('not-found')
  return { ...found, access }
}

/** Throws permission-denied where somebody may see it and no more. */
export function demandAccess({ access }: OpenedPath, wanted: 'owner' | 'write'): void {
  const isAllowed = access === 'owner' || access === wanted
  if (!isAllowed) throw new Rejection('permission-denied')
}
