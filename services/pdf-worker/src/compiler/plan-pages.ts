import type { Master, Planner, Section } from '@atrium/contracts/planner/planner.ts'
import type { DayRange } from './day-range.ts'
import type { LocaleNames } from './locale-names.ts'
import {
  clipped,
  dateItemCount,
  dateItems,
  isDateMode,
  spanOf,
  undated,
  type Dated,
} from './section-items.ts'
import { counterTokens, dateTokens, indexTokens, type Place } from './section-tokens.ts'
import type { TokenValue } from './token-format.ts'
import type { TokenMap } from './tokens.ts'

/** A page that the plan makes, before anything of it is worked out. */
export interface PlanPage {
  /** From 1. */
  readonly number: number
  readonly section: Section
  readonly master: Master
  readonly masterIndex: number
  readonly tokens: TokenMap
  /** The turn of the section that it belongs to; pages of one item share it. */
  readonly item: PlanItem
}

/** One turn of a section, in the turn of the section around it. */
export interface PlanItem {
  readonly section: Section
  readonly parent: PlanItem | undefined
  /** The day, Monday or first of the month; undefined where it is no date that repeats. */
  readonly date: number | undefined
  readonly place: Place
}

/** All pages in order: an item's own, then those of each section nested in it. */
export function planPages(planner: Planner, names: LocaleNames): PlanPage[] {
  const { plan } = planner
  const masters = new Map(planner.masters.map((master, index) => [master.name, { master, index }]))
  const pages: PlanPage[] = []

  const addPages = (item: PlanItem, tokens: Map<string, TokenValue>) => {
    const { section } = item
    const found = masters.get(section.master)
    if (found === undefined) return
    for (let subpage = 1; subpage <= section.pagesPerItem; subpage++) {
      pages.push({
        number: pages.length + 1,
        section,
        master: found.master,
        masterIndex: found.index,
        tokens: new Map(tokens).set('subpage', subpage),
        item,
      })
    }
  }

  const walk = (section: Section, around: Around) => {
    for (const { item, dated } of itemsOf(section, planner, around)) {
      const variables = variablesOf(section, item, around)
      const tokens = tokensOf(item, around, variables, names)
      addPages(item, tokens)
      const inside: Around = { item, dated, tokens, variables }
      for (const nested of section.nested) walk(nested, inside)
    }
  }

  const outermost: Around = {
    item: undefined,
    dated: undated,
    tokens: new Map([['locale', plan.locale]]),
    variables: new Map(),
  }
  for (const kind of plan.order) {
    const section = plan.sections.find((each) => each.kind === kind)
    if (section) walk(section, outermost)
  }
  return pages
}

/** What the item around a section hands on to it. */
interface Around {
  readonly item: PlanItem | undefined
  readonly dated: Dated
  readonly tokens: TokenMap
  /** Those that sections named, which no date overrides. */
  readonly variables: TokenMap
}

interface DatedItem {
  readonly item: PlanItem
  readonly dated: Dated
}

function* itemsOf(section: Section, { plan }: Planner, around: Around): Generator<DatedItem> {
  const parent = around.item
  const { generate } = section
  if (!isDateMode(generate)) {
    const total = generate === 'count' ? section.count : 1
    for (let index = 0; index < total; index++) {
      const place = { index, total, isFirst: index === 0, isLast: index === total - 1 }
      yield { item: { section, parent, date: undefined, place }, dated: around.dated }
    }
    return
  }
  const span = spanOf(section, plan.calendar, around.dated)
  const range = clipped(span, around.dated)
  const total = dateItemCount(generate, range)
  let index = 0
  for (const { date, days } of dateItems(generate, range)) {
    const place = { index, total, ...edgesOf(days, span) }
    yield { item: { section, parent, date, place }, dated: { item: days, span } }
    index += 1
  }
}

/** The first and the last of the section's dates, in whatever item of others they are nested. */
const edgesOf = (days: DayRange, span: DayRange) => ({
  isFirst: days.first <= span.first,
  isLast: days.last >= span.last,
})

function variablesOf(section: Section, { place }: PlanItem, around: Around): TokenMap {
  return new Map([
    ...around.variables,
    ...Object.entries(section.context),
    ...counterTokens(section, place),
  ])
}

/** Those of the item around it, its own, and over all what sections named. */
function tokensOf(item: PlanItem, around: Around, variables: TokenMap, names: LocaleNames) {
  const { section, date, place } = item
  const isRepeating = section.generate !== 'once'
  const isNumbered = isRepeating || !around.tokens.has('index')
  const { generate } = section
  return new Map<string, TokenValue>([
    ...around.tokens,
    ...(isDateMode(generate) && date !== undefined ? dateTokens(generate, date, place, names) : []),
    ...(isNumbered ? indexTokens(place) : []),
    ...variables,
  ])
}
