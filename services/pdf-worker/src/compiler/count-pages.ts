import type { PlanCalendar, Planner, Section } from '@atrium/contracts/planner/planner.ts'
import {
  clipped,
  dateItemCount,
  dateItems,
  isDateMode,
  spanOf,
  undated,
  type Dated,
} from './section-items.ts'

/**
 * How many pages the plan makes, exactly, without making them: items that are alike are counted
 * once. Beyond 2⁵³ - 1 it is that number.
 */
export function countPages({ plan }: Planner): number {
  const sections = new Map(plan.sections.map((section) => [section.kind, section]))
  const counts = new Map<string, number>()
  for (const kind of new Set(plan.order)) {
    const section = sections.get(kind)
    counts.set(kind, section ? pagesOf(section, plan.calendar, undated) : 0)
  }
  return exact(plan.order.reduce((pages, kind) => pages + (counts.get(kind) ?? 0), 0))
}

function pagesOf(section: Section, calendar: PlanCalendar, around: Dated): number {
  const { generate, pagesPerItem, nested } = section
  if (!isDateMode(generate)) {
    const items = generate === 'count' ? section.count : 1
    return exact(items * (pagesPerItem + pagesOfAll(nested, calendar, around)))
  }
  const span = spanOf(section, calendar, around)
  const range = clipped(span, around)
  const [dated, dateless] = partition(nested)
  const alike = pagesPerItem + pagesOfAll(dateless, calendar, around)
  let pages = dateItemCount(generate, range) * alike
  if (dated.length > 0) {
    for (const { days } of dateItems(generate, range)) {
      pages += pagesOfAll(dated, calendar, { item: days, span })
    }
  }
  return exact(pages)
}

const pagesOfAll = (sections: readonly Section[], calendar: PlanCalendar, around: Dated): number =>
  sections.reduce((pages, section) => exact(pages + pagesOf(section, calendar, around)), 0)

/** Those that hang on dates, at whatever depth, and those that do not. */
function partition(sections: readonly Section[]) {
  const dated = sections.filter(hangsOnDates)
  return [dated, sections.filter((section) => !dated.includes(section))] as const
}

const hangsOnDates = (section: Section): boolean =>
  isDateMode(section.generate) || section.nested.some(hangsOnDates)

const exact = (pages: number) => Math.min(pages, Number.MAX_SAFE_INTEGER)
