import { contentSizeBytesMax } from '@atrium/contracts/instances/project.ts'
import { assetIdsOf, checkPlanner, isAssetId } from '@atrium/contracts/planner/validate.ts'
import { tooHeavy } from '@atrium/platform/http/body.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import { canonicalOf, type Canonical } from '../json/canonical.ts'
import { shapeFaults } from '../json/shape.ts'
import { isArray, isObject, type Json, type JsonObject } from '../json/value.ts'
import type { ProjectKind } from './state.ts'

/** A content that a project of its kind may have. */
export interface CheckedContent extends Canonical {
  readonly content: JsonObject
  /** What it names, in order. */
  readonly assetIds: readonly string[]
}

/** Whether each is of the same instance is known to assets alone. */
const assetIdsMax = 2_000

/** Faults told of one content. */
const faultsMax = 50

/**
 * A planner stays as it was sent: what is left out, or written in one of the older ways, is filled
 * in by whoever reads it. Throws Rejection `validation-failed` with every fault's pointer from the
 * project on, `body-too-large`.
 */
export function checkContent(kind: ProjectKind, content: Json): CheckedContent {
  const shape = shapeFaults(content, '/content')
  if (shape.length > 0) throw invalid(...shape)
  if (!isObject(content)) {
    throw invalid({ pointer: '/content', code: 'wrong-type', detail: 'must be an object' })
  }
  const faults = kind === 'planner' ? checkPlanner(content) : []
  if (faults.length > 0) {
    const told = faults.slice(0, faultsMax)
    throw invalid(...told.map((fault) => ({ ...fault, pointer: `/content${fault.pointer}` })))
  }
  const canonical = canonicalOf(content)
  if (canonical.bytes.length > contentSizeBytesMax) {
    throw new Rejection('body-too-large', { bytesMax: contentSizeBytesMax })
  }
  const heavy = tooHeavy(canonical.bytes) // patches make more of it than one body brings
  if (heavy) throw invalid({ ...heavy, pointer: '/content' })
  const assetIds = kind === 'planner' ? assetIdsOf(content) : [...assetIdsIn(content)]
  if (assetIds.length > assetIdsMax) {
    const detail = `names more than ${assetIdsMax} assets`
    throw invalid({ pointer: '/content', code: 'too-many', detail })
  }
  return { ...canonical, content, assetIds: assetIds.toSorted() }
}

/** In a plain project every string that is the id of an asset names it. */
function assetIdsIn(value: Json, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    if (isAssetId(value)) found.add(value)
  } else if (isArray(value)) {
    for (const item of value) assetIdsIn(item, found)
  } else if (isObject(value)) {
    for (const item of Object.values(value)) assetIdsIn(item, found)
  }
  return found
}
