import { dayNumberOf } from './calendar-date.ts'
import { checkName, checkSpelling, checkText, pointerTo, type FaultList } from './fault-list.ts'
import { isEmpty, numberFrom, own, textFrom, type RawFields } from './fields.ts'
import { plannerLimits } from './limits.ts'
import { generateModes } from './project.ts'

const { contextMax, contextLengthMax, countersMax, countMax, daysMax } = plannerLimits
const { nestingMax, orderMax, pagesPerItemMax, sectionsMax } = plannerLimits

/** The faults of the plan: its sections, what they repeat over, and their order. */
export function checkPlan(faults: FaultList, plan: RawFields, masters: ReadonlySet<string>) {
  const calendar = faults.optionalObject(own(plan, 'calendar'), '/plan/calendar')
  checkSpelling(faults, calendar, '/plan/calendar', ['startDate', 'endDate', 'pagesPerDay'])
  checkText(faults, own(plan, 'locale'), '/plan/locale', localeLengthMax)
  const bounds = checkDates(faults, calendar, '/plan/calendar', noDates)
  checkAmount(faults, own(calendar, 'pagesPerDay'), '/plan/calendar/pagesPerDay', pagesPerItemMax)
  const walk: Walk = { faults, masters, kinds: new Set(), seen: { sections: 0 } }
  const context = { level: 0, bounds, hasItemDates: false, variables: new Map<string, string>() }
  const top = checkSections(walk, own(plan, 'sections'), '/plan/sections', context)
  checkOrder(faults, own(plan, 'order'), top)
}

const localeLengthMax = 35

interface Dates {
  readonly start: number | undefined
  readonly end: number | undefined
}

const noDates: Dates = { start: undefined, end: undefined }

interface Walk {
  readonly faults: FaultList
  readonly masters: ReadonlySet<string>
  readonly kinds: Set<string>
  readonly seen: { sections: number }
}

/** What a section inherits from those around it. */
interface Surroundings {
  readonly level: number
  /** The calendar's, which a section without dates takes. */
  readonly bounds: Dates
  /** Whether a section around it repeats over dates: then its item is range enough. */
  readonly hasItemDates: boolean
  /** Names that are taken, and by which section. */
  readonly variables: ReadonlyMap<string, string>
}

/** The kinds of these sections, in order. */
function checkSections(walk: Walk, value: unknown, place: string, around: Surroundings) {
  const { faults } = walk
  const sections = faults.array(value, place, { maximum: sectionsMax })
  if (sections.length > 0 && around.level > nestingMax) {
    faults.add(place, 'nested-too-deep', `must be at most ${nestingMax} levels below the top`)
    return []
  }
  return sections.map((each, index) => checkSection(walk, each, `${place}/${index}`, around))
}

const sectionFields = ['startDate', 'endDate', 'pagesPerItem']

function checkSection(walk: Walk, value: unknown, place: string, around: Surroundings) {
  const { faults, masters, kinds, seen } = walk
  seen.sections += 1
  if (seen.sections === sectionsMax + 1) {
    faults.add(place, 'too-many', `a plan has at most ${sectionsMax} sections`)
  }
  const section = seen.sections > sectionsMax ? undefined : faults.object(value, place)
  if (section === undefined) return undefined
  checkSpelling(faults, section, place, sectionFields)
  const kind = checkName(faults, section, 'kind', place)
  if (kind !== undefined && kinds.has(kind)) {
    faults.add(`${place}/kind`, 'duplicate', 'is the kind of another section')
  }
  if (kind !== undefined) kinds.add(kind)
  const master = checkName(faults, section, 'master', place)
  if (master !== undefined && !masters.has(master)) {
    faults.add(`${place}/master`, 'unknown-master', 'is not the name of a master')
  }
  const mode = generateModes.find((each) => each === own(section, 'generate'))
  if (mode === undefined) {
    const code = isEmpty(own(section, 'generate')) ? 'required' : 'not-allowed'
    faults.add(`${place}/generate`, code, `must be one of ${generateModes.join(', ')}`)
  }
  checkAmount(faults, own(section, 'count'), `${place}/count`, countMax)
  checkAmount(faults, own(section, 'pagesPerItem'), `${place}/pagesPerItem`, pagesPerItemMax)
  const bounds = checkDates(faults, section, place, around.bounds)
  const overDates = mode?.startsWith('each_') ?? false
  if (overDates && !around.hasItemDates) checkThatDated(faults, bounds, place)
  const variables = checkVariables(faults, section, place, around.variables)
  checkSections(walk, own(section, 'nested'), `${place}/nested`, {
    level: around.level + 1,
    bounds: around.bounds,
    hasItemDates: around.hasItemDates || overDates,
    variables,
  })
  return kind
}

/** The dates that hold here: its own, else those around it. */
function checkDates(faults: FaultList, raw: RawFields, place: string, around: Dates): Dates {
  const [start, end] = ['startDate', 'endDate'].map((field) => {
    const value = own(raw, field)
    if (isEmpty(value)) return undefined
    const day = typeof value === 'string' ? dayNumberOf(value) : undefined
    if (day === undefined) {
      faults.add(`${place}/${field}`, 'wrong-format', 'must be a day of the calendar, YYYY-MM-DD')
    }
    return day
  })
  const dates = { start: start ?? around.start, end: end ?? around.end }
  const isLong = dates.start !== undefined && dates.end !== undefined
  if (isLong && Number(dates.end) - Number(dates.start) >= daysMax) {
    const field = end === undefined ? 'startDate' : 'endDate'
    faults.add(`${place}/${field}`, 'too-large', `must span at most ${daysMax} days`)
  }
  return dates
}

function checkThatDated(faults: FaultList, { start, end }: Dates, place: string) {
  const detail = 'is missing, here and in the calendar of the plan'
  if (start === undefined) faults.add(`${place}/startDate`, 'required', detail)
  if (end === undefined) faults.add(`${place}/endDate`, 'required', detail)
}

/** A whole number, perhaps as text; what is none of the kind is as if nothing was sent. */
function checkAmount(faults: FaultList, value: unknown, place: string, maximum: number) {
  if (typeof value === 'object' && value !== null) {
    faults.add(place, 'wrong-type', 'must be a whole number')
    return
  }
  const amount = numberFrom(value)
  if (amount === undefined) return
  if (!Number.isInteger(amount)) faults.add(place, 'wrong-type', 'must be a whole number')
  if (amount < 0) faults.add(place, 'too-small', 'must be at least 0')
  if (amount > maximum) faults.add(place, 'too-large', `must be at most ${maximum}`)
}

/** The names that are taken below this section: its own, and those of the ones around it. */
function checkVariables(
  faults: FaultList,
  section: RawFields,
  place: string,
  taken: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const variables = new Map(taken)
  const kind = textFrom(own(section, 'kind')) ?? ''
  const claim = (names: readonly string[], spot: string) => {
    const shadowed = names.find((name) => taken.has(name))
    if (shadowed !== undefined) {
      const owner = taken.get(shadowed) ?? ''
      faults.add(spot, 'shadows', `would shadow ${shadowed} of the section ${owner} around it`)
    }
    for (const name of names) variables.set(name, kind)
  }
  const entriesOf = (field: string, maximum: number) => {
    const raw = faults.optionalObject(own(section, field), `${place}/${field}`)
    const entries = Object.entries(raw)
    if (entries.length > maximum) {
      faults.add(`${place}/${field}`, 'too-many', `must have at most ${maximum} names`)
    }
    return entries.slice(0, maximum).map(([name, value]) => {
      const spot = pointerTo(`${place}/${field}`, name)
      checkVariableName(faults, name, spot)
      return [name, value, spot] as const
    })
  }
  for (const [name, value, spot] of entriesOf('context', contextMax)) {
    checkText(faults, value, spot, contextLengthMax)
    claim([name], spot)
  }
  for (const [name, value, spot] of entriesOf('counters', countersMax)) {
    faults.optionalObject(value, spot)
    claim([name, `${name}_prev`, `${name}_next`], spot)
  }
  return variables
}

function checkVariableName(faults: FaultList, name: string, spot: string) {
  const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name.length <= plannerLimits.nameLengthMax
  if (!isName) faults.add(spot, 'wrong-format', 'must be a name of letters, digits and _')
}

/** It names each kind of the top level, and nothing else. Left out, it is that of the sections. */
function checkOrder(faults: FaultList, value: unknown, kinds: readonly (string | undefined)[]) {
  const order = faults.array(value, '/plan/order', { maximum: orderMax })
  if (order.length === 0) return
  order.forEach((kind, index) => {
    if (typeof kind === 'string' && kinds.includes(kind)) return
    faults.add(`/plan/order/${index}`, 'unknown-kind', 'is not a kind of the top level')
  })
  for (const kind of kinds) {
    if (kind === undefined || order.includes(kind)) continue
    faults.add('/plan/order', 'missing-kind', `does not name the section ${kind}`)
  }
}
