import { dateOf } from '@atrium/contracts/planner/calendar-date.ts'
import type { NamedDestination, OutlineEntry } from './compiled.ts'
import { isoWeekText } from './day-range.ts'
import type { Destinations } from './destinations.ts'
import { datedEntries, type Spot } from './dated-outline.ts'
import type { PlanItem, PlanPage } from './plan-pages.ts'

/**
 * The outline of a document, at most four deep: the index; each year with its months, weeks and
 * days; the notes; then the sections that none of these lead into, with their items.
 */
export function outlinesOf(pages: readonly PlanPage[], destinations: Destinations): OutlineEntry[] {
  const index = destinations.get('home:index')
  const dated = datedEntries(destinations)
  const notes = firstNotes(destinations)
  const led = new Set<number>([
    ...(index ? [index.page] : []),
    ...(notes ? [notes.page] : []),
    ...dated.pages,
  ])
  return [
    ...(index ? [leaf('Index', index)] : []),
    ...dated.entries,
    ...(notes ? [leaf('Notes', notes)] : []),
    ...sectionEntries(pages, led),
  ]
}

const leaf = (title: string, { page, top }: Spot): OutlineEntry => ({
  title,
  page,
  top,
  children: [],
})

function firstNotes(destinations: Destinations): NamedDestination | undefined {
  return [...destinations.values()]
    .filter(({ name }) => name.startsWith('notes:page:'))
    .toSorted((a, b) => a.page - b.page || a.top - b.top)[0]
}

const levelsMax = 4

/** Sections of the top level that hold none of the pages that the outline leads to already. */
function sectionEntries(pages: readonly PlanPage[], led: ReadonlySet<number>): OutlineEntry[] {
  const byKind = new Map<string, PlanPage[]>()
  for (const page of pages) {
    const { kind } = chainOf(page.item)[0]?.section ?? page.section
    const known = byKind.get(kind)
    if (known) known.push(page)
    else byKind.set(kind, [page])
  }
  return [...byKind].flatMap(([kind, own]): OutlineEntry[] => {
    const [first] = own
    if (first === undefined || own.some(({ number }) => led.has(number))) return []
    const isOnce = chainOf(first.item)[0]?.section.generate === 'once'
    const children = isOnce ? itemEntries(own, 1, 2) : itemEntries(own, 0, 2)
    return [{ title: kind, page: first.number, top: 0, children }]
  })
}

/** Entries for the items at a depth of the plan, and below each those nested in it. */
function itemEntries(pages: readonly PlanPage[], depth: number, level: number): OutlineEntry[] {
  if (level > levelsMax) return []
  const byItem = new Map<PlanItem, PlanPage[]>()
  for (const page of pages) {
    const item = chainOf(page.item)[depth]
    if (item === undefined) continue
    const known = byItem.get(item)
    if (known) known.push(page)
    else byItem.set(item, [page])
  }
  return [...byItem].map(([item, own]) => ({
    title: titleOf(item),
    page: own[0]?.number ?? 1,
    top: 0,
    children: itemEntries(own, depth + 1, level + 1),
  }))
}

/** From the top level down to the item itself. */
function chainOf(item: PlanItem): readonly PlanItem[] {
  const chain = [item]
  for (let each = item.parent; each !== undefined; each = each.parent) chain.unshift(each)
  return chain
}

function titleOf({ section, date, place }: PlanItem): string {
  const { generate, kind } = section
  if (generate === 'once') return kind
  if (date === undefined) return `${kind} ${place.index + 1}`
  if (generate === 'each_week') return isoWeekText(date)
  return generate === 'each_month' ? dateOf(date).slice(0, 7) : dateOf(date)
}
