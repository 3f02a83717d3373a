import fc from 'fast-check'
import { dateOf, dayNumber } from '@atrium/contracts/planner/calendar-date.ts'
import { anchor, link, plannerContent, text, widget } from './planner-content.ts'

/*
 * Planners as a person might make them: sections in sections over years with leap days and 53
 * weeks, anchors and links of which some are dead, calendars, lists and tables.
 */

const modes = ['once', 'each_day', 'each_week', 'each_month', 'count'] as const

/** Some days around the turn of a year, or a leap day. */
const range = fc
  .record({
    start: fc.oneof(
      fc.integer({ min: dayNumber(2019, 12, 1), max: dayNumber(2021, 1, 31) }),
      fc.integer({ min: dayNumber(2024, 2, 1), max: dayNumber(2024, 3, 1) }),
      fc.integer({ min: dayNumber(2026, 12, 1), max: dayNumber(2027, 1, 10) }),
    ),
    days: fc.integer({ min: -2, max: 60 }),
  })
  .map(({ start, days }) => ({ startDate: dateOf(start), endDate: dateOf(start + days) }))

const ownDates = fc.option(range, { nil: undefined, freq: 4 })

interface SectionShape {
  readonly mode: (typeof modes)[number]
  readonly dates: { startDate: string; endDate: string } | undefined
  readonly count: number
  readonly pagesPerItem: number
  readonly master: number
  readonly nested: readonly SectionShape[]
}

/** Below the top. Without a limit, a chance in some thousands is to nest until the stack is full. */
const levelsMax = 3

const { section: sectionShape } = fc.letrec<{ section: SectionShape }>((tie) => ({
  section: fc.record({
    mode: fc.constantFrom(...modes),
    dates: ownDates,
    count: fc.integer({ min: 0, max: 4 }),
    pagesPerItem: fc.integer({ min: 1, max: 2 }),
    master: fc.nat({ max: 3 }),
    nested: fc.oneof(
      { maxDepth: levelsMax, depthIdentifier: 'sections' },
      fc.constant<SectionShape[]>([]),
      { weight: 2, arbitrary: fc.array(tie('section'), { maxLength: 2 }) },
    ),
  }),
}))

const names = [
  'day:{date}',
  'week:{iso_week}',
  'month:{year}-{month_padded}',
  'p:{page}',
  'n:{index}',
]
const binds = [
  'day(@date_next)',
  'day(@date_prev)',
  'week(@iso_week)',
  'month(@year-@month:02d)',
  'p(@index+1)',
  'n(@index-1)',
  'day:2026-12-31',
  'year(2026)',
  'nowhere:1',
]

const widgetShape = fc.oneof(
  fc.constantFrom(...names).map((name) => anchor(name)),
  fc.constantFrom(...binds).map((bind) => link({ bind })),
  fc
    .constantFrom('{page}/{total_pages} {date_long}', '@index {month_name}', 'plain')
    .map((said) => text(said)),
  fc
    .constantFrom('next_page', 'prev_page')
    .map((tapAction) => widget('tap_zone', { properties: { tapAction } })),
  fc.constantFrom('2026-12', '@date', '2024-02-10').map((startDate) =>
    widget('calendar', {
      properties: { startDate, linkStrategy: 'template', weekNumbers: true },
    }),
  ),
  fc
    .constantFrom('2026-12-05', '@date')
    .map((startDate) =>
      widget('day_list', { properties: { startDate, linkStrategy: 'sequential_pages' } }),
    ),
  fc
    .constantFrom('p:1', 'n:{index}', '')
    .map((name) =>
      widget('link_list', { properties: { labels: ['a', 'b'], destinations: [name, 'p:2'] } }),
    ),
  fc.constant(widget('table', { properties: { rows: 2, columns: 2, linkTemplate: 'n:{row}' } })),
  fc.constant(widget('lines', { properties: { lineCount: 3 } })),
)

const masterShape = fc
  .array(widgetShape, { maxLength: 6 })
  .map((widgets) => widgets.map((each, index) => ({ ...each, id: `w${index}` })))

function sectionOf(shape: SectionShape, path: string, depth: number): object {
  const nested = depth < levelsMax ? shape.nested : []
  return {
    kind: path,
    master: `m${shape.master}`,
    generate: shape.mode,
    ...shape.dates,
    count: shape.count,
    pagesPerItem: shape.pagesPerItem,
    counters: { [`c${path}`]: { start: 1, step: 2 } },
    nested: nested.map((each, index) => sectionOf(each, `${path}_${index}`, depth + 1)),
  }
}

/** The content of a planner without faults. Its plan may make no pages, or too many. */
export const plannerArbitrary = fc
  .record({
    calendar: range,
    sections: fc.array(sectionShape, { minLength: 1, maxLength: 3 }),
    masters: fc.array(masterShape, { minLength: 4, maxLength: 4 }),
    locale: fc.constantFrom('en', 'pl', 'ja', 'zh', 'uk'),
  })
  .map(({ calendar, sections, masters, locale }) =>
    plannerContent({
      masters: Object.fromEntries(masters.map((widgets, index) => [`m${index}`, widgets])),
      sections: sections.map((shape, index) => sectionOf(shape, `s${index}`, 0)),
      calendar,
      locale,
    }),
  )
