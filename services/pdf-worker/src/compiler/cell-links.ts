import { calendarDateOf, dateOf } from '@atrium/contracts/planner/calendar-date.ts'
import type { ValuesOf } from '@atrium/contracts/planner/fields.ts'
import type { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import { isBindCall } from './bind.ts'
import { isoWeekOf, isoWeekText, padded } from './day-range.ts'
import type { PartLink } from './resolve.ts'
import type { TokenValue } from './token-format.ts'

type Given = Pick<
  ValuesOf<(typeof widgetFields)['day_list']['properties']>,
  'linkStrategy' | 'linkTemplate' | 'firstPageNumber' | 'pagesPerDate'
>

/** Where a day of a calendar or day list leads; undefined where its days do not link. */
export function dayLink(given: Given, part: number, day: number): PartLink | undefined {
  const { day: dayOfMonth } = calendarDateOf(day)
  switch (given.linkStrategy) {
    case 'none':
    case 'no_links':
      return undefined
    case 'named_destinations':
    case 'template':
      return {
        part,
        field: 'linkTemplate',
        leads: templateFor(given.linkTemplate, day),
        days: { range: { first: day, last: day }, mode: 'each_day' },
      }
    case 'sequential_pages': {
      const page = given.firstPageNumber + (dayOfMonth - 1) * given.pagesPerDate
      return { part, field: 'firstPageNumber', leads: { kind: 'page', page } }
    }
    case 'simple':
      return { part, field: 'linkStrategy', leads: { kind: 'page', page: dayOfMonth } }
  }
}

/** How weeks link, unless something else is said. */
const weekTemplate = 'week:{week}'

/** A week is that of its row's first day: where the plan does not have that day, it is outside. */
export function weekLink(
  { linkStrategy }: Given,
  said: string,
  part: number,
  firstDay: number,
): PartLink | undefined {
  if (linkStrategy !== 'named_destinations' && linkStrategy !== 'template') return undefined
  return {
    part,
    field: 'weekLinkTemplate',
    leads: templateFor(said === '' ? weekTemplate : said, firstDay),
    days: { range: { first: firstDay, last: firstDay }, mode: 'each_week' },
    isOptional: said === '',
  }
}

const templateFor = (template: string, day: number) =>
  ({ kind: 'template', template, own: dayTokens(day), isBind: isBindCall(template) }) as const

/** What a cell's day says, whatever the page around it says by the same names. */
function dayTokens(day: number): ReadonlyMap<string, TokenValue> {
  const { year, month, day: dayOfMonth } = calendarDateOf(day)
  return new Map<string, TokenValue>([
    ['date', dateOf(day)],
    ['year', year],
    ['month', month],
    ['month_padded', padded(month, 2)],
    ['day', dayOfMonth],
    ['day_padded', padded(dayOfMonth, 2)],
    ['week', isoWeekOf(day).week],
    ['iso_week', isoWeekText(day)],
  ])
}
