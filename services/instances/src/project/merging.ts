import type { Cause } from '@atrium/platform/decider/cause.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import { changedPointers } from '../json/changes.ts'
import { merge } from '../json/merge.ts'
import { isObject, type JsonObject } from '../json/value.ts'
import { visibleProject } from '../project.ts'
import { refuse, type Which } from './conflicts.ts'
import { checkContent } from './content.ts'
import type { Written } from './creating.ts'
import { draftOf, type Draft } from './document.ts'
import { reviseProject, type RevisingDeps } from './revising.ts'
import type { ProjectVersion } from './versions.ts'

/**
 * Merges a content that was made of an older version with what was changed since. Refused as
 * `merge-conflict` where both changed the same, and where what came of it is no planner.
 */
export async function mergeProject(
  deps: RevisingDeps,
  which: Which,
  { baseVersion, content }: { readonly baseVersion: number; readonly content: JsonObject },
  cause: Cause,
): Promise<Written> {
  const { projects, versions } = deps
  const { state } = await projects.load(cause.tenant, which.projectId)
  const { kind, version } = visibleProject(which, state)
  checkContent(kind, content)
  const isVersion = baseVersion <= version
  const base = isVersion ? await versions.at(cause.tenant, which.projectId, baseVersion) : undefined
  if (!base) {
    const detail = 'is no version of the project'
    throw invalid({ pointer: '/baseVersion', code: 'not-found', detail })
  }
  const merging = { base, content }
  const change = (current: ProjectVersion) => mergedInto(current, merging)
  const meant = (current: ProjectVersion) => ({ ...draftOf(current), content })
  try {
    return await reviseProject(deps, { ...which, change, meant }, cause)
  } catch (error) {
    if (!(error instanceof MergeConflict)) throw error
    const { current } = error
    const places = {
      yours: inProject(changedPointers(base.content, content)),
      theirs: inProject(changedPointers(base.content, current.content)),
      conflicts: error.conflicts,
    }
    const refusal = { code: 'merge-conflict', current, places } as const
    return refuse(deps, { ...which, expectedVersion: baseVersion }, refusal, cause)
  }
}

class MergeConflict extends Error {
  override readonly name = 'MergeConflict'
  readonly current: ProjectVersion
  readonly conflicts: readonly string[]

  constructor(current: ProjectVersion, conflicts: readonly string[]) {
    super('both sides changed the same')
    this.current = current
    this.conflicts = conflicts
  }
}

function mergedInto(
  current: ProjectVersion,
  { base, content }: { base: ProjectVersion; content: JsonObject },
): Draft {
  const merged = merge(base.content, current.content, content)
  if (merged.conflicts.length > 0) throw new MergeConflict(current, inProject(merged.conflicts))
  const { value } = merged
  if (!isObject(value)) throw new TypeError('objects were merged into something else')
  try {
    checkContent(current.project.kind, value)
  } catch (error) {
    // Each side alone was right: together they are not.
    if (error instanceof Rejection && error.code === 'validation-failed') {
      throw new MergeConflict(current, pointersIn(error))
    }
    throw error
  }
  return { ...draftOf(current), content: value }
}

const inProject = (pointers: readonly string[]) => pointers.map((pointer) => `/content${pointer}`)

const pointersIn = ({ extensions }: Rejection) =>
  (extensions['errors'] as readonly { readonly pointer: string }[]).map(({ pointer }) => pointer)
