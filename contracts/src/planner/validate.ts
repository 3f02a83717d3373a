import type { FieldError } from '../problem.ts'
import { checkMasters } from './check-masters.ts'
import { checkPlan } from './check-plan.ts'
import {
  checkSpelling,
  checkText,
  createFaultList,
  isObject,
  type FaultList,
} from './fault-list.ts'
import { isEmpty, own, type RawFields } from './fields.ts'
import { plannerLimits } from './limits.ts'

/**
 * Every fault of a planner's content, each with its place and a stable code; none where it is a
 * planner. Pointers are relative to the content. What only a compilation finds (dead links, too
 * many pages) is not here.
 */
export function checkPlanner(content: unknown): readonly FieldError[] {
  const faults = createFaultList()
  const raw = faults.object(content, '')
  if (raw === undefined) return faults.all()
  checkSpelling(faults, raw, '', rootFields)
  checkMetadata(faults, faults.optionalObject(own(raw, 'metadata'), '/metadata'))
  const masters = checkMasters(faults, own(raw, 'masters'))
  checkPlan(faults, faults.optionalObject(own(raw, 'plan'), '/plan'), masters)
  const links = faults.optionalObject(own(raw, 'linkResolution'), '/linkResolution')
  checkSpelling(faults, links, '/linkResolution', ['generateOutlines'])
  checkCanvas(faults, faults.optionalObject(own(raw, 'defaultCanvas'), '/defaultCanvas'))
  return faults.all()
}

/** The assets that a planner's images show and its fonts name, each once. */
export function assetIdsOf(content: unknown): readonly string[] {
  const masters = isObject(content) ? own(content, 'masters') : undefined
  const widgets = (Array.isArray(masters) ? masters : []).flatMap((master: unknown) => {
    const held = isObject(master) ? own(master, 'widgets') : undefined
    return Array.isArray(held) ? held.filter(isObject) : []
  })
  const named = widgets.flatMap((widget) => [
    ...(own(widget, 'type') === 'image' ? [memberOf(widget, 'properties', 'assetId')] : []),
    memberOf(widget, 'styling', 'font'),
  ])
  return [
    ...new Set(named.filter((each) => typeof each === 'string' && isAssetId(each))),
  ] as string[]
}

export const isAssetId = (text: string) => /^ast_[0-9a-f]{32}$/.test(text)

function memberOf(widget: RawFields, group: string, field: string): unknown {
  const members = own(widget, group)
  return isObject(members) ? own(members, field) : undefined
}

const rootFields = ['linkResolution', 'defaultCanvas']

function checkMetadata(faults: FaultList, raw: RawFields) {
  checkSpelling(faults, raw, '/metadata', [
    'deviceProfile',
    'isPublic',
    'publicSlug',
    'originalAuthor',
    'clonedFrom',
    'cloneCount',
    'createdAt',
    'updatedAt',
  ])
  const { nameLengthMax, textLengthMax } = plannerLimits
  for (const field of ['name', 'category', 'author', 'deviceProfile', 'publicSlug']) {
    checkText(faults, own(raw, field), `/metadata/${field}`, nameLengthMax)
  }
  checkText(faults, own(raw, 'description'), '/metadata/description', textLengthMax)
}

function checkCanvas(faults: FaultList, raw: RawFields) {
  checkSpelling(faults, raw, '/defaultCanvas', ['coordinateSystem', 'gridSize', 'snapEnabled'])
  const place = '/defaultCanvas/dimensions'
  const dimensions = faults.optionalObject(own(raw, 'dimensions'), place)
  for (const side of ['width', 'height']) {
    const value = own(dimensions, side)
    if (!isEmpty(value) && typeof value === 'object') {
      faults.add(`${place}/${side}`, 'wrong-type', 'must be a number')
    }
  }
}
