/** A planner for e-ink devices, or any JSON object. */
export type ProjectKind = 'planner' | 'plain'

interface Described {
  readonly id: string
  readonly instanceId: string
  /** Of the instance. */
  readonly ownerId: string
  readonly kind: ProjectKind
  readonly name: string
  readonly description: string | null
  /** Put away: it can be read, and not be changed. */
  readonly archived: boolean
  readonly contentSha256: string
  readonly contentSizeBytes: number
  readonly assetIds: readonly string[]
  /** Counts the project's own events. */
  readonly version: number
  readonly createdBy: string
  readonly createdAt: string
  readonly updatedBy: string
  readonly updatedAt: string
  readonly snapshot: SnapshotPlan
}

/**
 * The newest version of which a snapshot should be there, and what was changed since. It follows
 * from the events alone, so that every process makes the same ones.
 */
export interface SnapshotPlan {
  readonly version: number
  readonly patches: number
  readonly patchesSizeBytes: number
}

export interface ActiveProject extends Described {
  readonly status: 'active'
}

/** Hidden, without a place in the quota; archived it comes back archived. */
export interface DeletedProject extends Described {
  readonly status: 'deleted'
  readonly deletedAt: string
  readonly purgeAt: string
}

export type ExistingProject = ActiveProject | DeletedProject

export const isThere = (state: ProjectState): state is ExistingProject =>
  state.status === 'active' || state.status === 'deleted'

export type ProjectState =
  | { readonly status: 'unknown' }
  /** Its creation was left half done; it will never be. */
  | { readonly status: 'abandoned' }
  | ExistingProject
  | { readonly status: 'purged' }
