import { dateOf, dayNumberOf } from '@atrium/contracts/planner/calendar-date.ts'
import type { NamedDestination, OutlineEntry } from './compiled.ts'
import { daysOfIsoWeek, isoWeekText } from './day-range.ts'
import type { Destinations } from './destinations.ts'

export type Spot = Pick<NamedDestination, 'page' | 'top'>

export interface DatedOutline {
  readonly entries: readonly OutlineEntry[]
  /** All that its entries lead to. */
  readonly pages: readonly number[]
}

/**
 * Years, their months, their weeks and days, by the destinations `year:2026`, `month:2026-01`,
 * `week:2026-W05` and `day:2026-01-31`. A week stands in the month of its Thursday, a day in its
 * week where that stands in the day's month. A year or month without a destination of its own leads
 * to the first thing in it.
 */
export function datedEntries(destinations: Destinations): DatedOutline {
  const root = createNode('')
  const pages: number[] = []
  const spots = [...destinations.values()].flatMap(datedSpot)
  const weeks = new Set(spots.filter(({ kind }) => kind === 'week').map(({ title }) => title))
  for (const spot of spots) {
    let node = root
    for (const title of pathOf(spot, weeks)) node = childOf(node, title)
    node.spot = spot.at
    pages.push(spot.at.page)
  }
  return { entries: entriesOf(root), pages }
}

interface DatedSpot {
  readonly kind: 'year' | 'month' | 'week' | 'day'
  /** `2026`, `2026-01`, `2026-W05`, `2026-01-31`. */
  readonly title: string
  /** A day that tells its month. */
  readonly day: number
  readonly at: Spot
}

function datedSpot(at: NamedDestination): DatedSpot[] {
  const [, kind, title = ''] = /^(year|month|week|day):([0-9w-]+)$/.exec(at.name) ?? []
  if (kind === 'year') return spotOf('year', title, dayNumberOf(`${title}-01-01`), at)
  if (kind === 'month') return spotOf('month', title, dayNumberOf(`${title}-01`), at)
  if (kind === 'day') return spotOf('day', title, dayNumberOf(title), at)
  const [, year, week] = /^(\d{4})-w(\d{2})$/.exec(title) ?? []
  const days = daysOfIsoWeek(Number(year), Number(week))
  return spotOf('week', title.toUpperCase(), days && days.first + thursday, at)
}

const thursday = 3

const spotOf = (kind: DatedSpot['kind'], title: string, day: number | undefined, at: Spot) =>
  day === undefined ? [] : [{ kind, title, day, at }]

/** The titles from its year down to itself. */
function pathOf({ kind, title, day }: DatedSpot, weeks: ReadonlySet<string>): string[] {
  const month = dateOf(day).slice(0, 7)
  const year = month.slice(0, 4)
  if (kind === 'year') return [year]
  if (kind === 'month') return [year, month]
  if (kind === 'week') return [year, month, title]
  const week = isoWeekText(day)
  const weekDays = daysOfIsoWeek(Number(week.slice(0, 4)), Number(week.slice(6)))
  const isWeekOfMonth = weekDays && dateOf(weekDays.first + thursday).startsWith(month)
  return weeks.has(week) && isWeekOfMonth ? [year, month, week, title] : [year, month, title]
}

interface Node {
  readonly title: string
  spot: Spot | undefined
  readonly children: Map<string, Node>
}

const createNode = (title: string): Node => ({ title, spot: undefined, children: new Map() })

function childOf(node: Node, title: string): Node {
  const known = node.children.get(title)
  if (known) return known
  const child = createNode(title)
  node.children.set(title, child)
  return child
}

/** In the order of their dates: a week where its Monday stands. */
function entriesOf(node: Node): OutlineEntry[] {
  return [...node.children.values()]
    .toSorted((a, b) => orderOf(a.title) - orderOf(b.title))
    .map((child) => {
      const children = entriesOf(child)
      const { page, top } = child.spot ?? children[0] ?? { page: 1, top: 0 }
      return { title: child.title, page, top, children }
    })
}

function orderOf(title: string): number {
  const [, year, week] = /^(\d{4})-W(\d{2})$/.exec(title) ?? []
  if (year !== undefined) return daysOfIsoWeek(Number(year), Number(week))?.first ?? 0
  return dayNumberOf(`${title}-01-01`.slice(0, 10)) ?? 0
}
