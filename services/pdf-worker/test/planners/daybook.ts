import { plannerContent, widget } from '../planner-content.ts'

/*
 * A planner as a person would make one for a reMarkable 2: an index, the months, a page for each
 * day, and notes. Every page leads to every month; days lead to their neighbours and their week.
 */

export interface Daybook {
  readonly startDate: string
  readonly endDate: string
  readonly notes: number
  readonly locale?: string
  readonly deviceProfile?: string
}

const left = 36
const width = 375
const right = left + width
const ink = '#000000'
const quiet = '#555555'
const rule = '#999999'
const serif = 'Times-Roman'

type At = [x: number, y: number, width: number, height: number]
type Styling = Readonly<Record<string, unknown>>

const text = (id: string, at: At, content: string, styling: Styling) =>
  widget('text_block', { id, at, content, styling })

const link = (id: string, at: At, content: string, bind: string, styling: Styling = {}) =>
  widget('internal_link', {
    id,
    at,
    content,
    properties: { bind },
    styling: { size: 10, color: ink, textAlign: 'center', ...styling },
  })

const heading = (id: string, at: At, content: string) =>
  text(id, at, content, { font: 'Helvetica-Bold', size: 10, color: quiet })

const line = (id: string, x: number, y: number, length: number, lineWidth = 0.75) =>
  widget('divider', { id, at: [x, y - 1, length, 2], styling: { strokeColor: ink, lineWidth } })

/** Months as tabs along the top of every page; the one that the page is in is marked. */
const tabs = (highlightIndex: string | null) => [
  widget('link_list', {
    id: 'tabs',
    at: [left, 24, width, 30],
    styling: { size: 10, color: ink, textAlign: 'center' },
    properties: {
      labels: ['Index', ...Array.from({ length: 12 }, (_, month) => shortMonths[month])],
      destinations: [
        'home:index',
        ...Array.from(
          { length: 12 },
          (_, month) => `month:2026-${String(month + 1).padStart(2, '0')}`,
        ),
      ],
      columns: 13,
      itemHeight: 30,
      highlightIndex,
      highlightColor: '#DDDDDD',
    },
  }),
  line('tabs-rule', left, 54, width),
]

const shortMonths = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
]

const index = [
  widget('anchor', { id: 'top', at: [0, 0, 10, 10], properties: { destId: 'home:index' } }),
  ...tabs('1'),
  text('year', [left, 70, 240, 60], '2026', { font: serif, size: 54 }),
  text('motto', [left + 150, 84, width - 150, 40], 'One page a day, a line at a time.', {
    font: 'Times-Italic',
    size: 13,
    color: quiet,
    textAlign: 'right',
  }),
  ...Array.from({ length: 12 }, (_, month) => {
    const column = month % 3
    const row = Math.floor(month / 3)
    return widget('calendar', {
      id: `month-${month + 1}`,
      at: [left + column * 129, 140 + row * 104, 117, 98],
      styling: { size: 8, textAlign: 'center' },
      properties: {
        startDate: `2026-${String(month + 1).padStart(2, '0')}-01`,
        showYear: false,
        weekdayLabelStyle: 'narrow',
        showGridLines: false,
        forceWeeks: 6,
        cellPadding: 2,
        linkStrategy: 'named_destinations',
      },
    })
  }),
  link('notes', [left, 558, width, 30], 'Notes', 'notes:page:001', { size: 11 }),
]

const month = [
  widget('anchor', {
    id: 'top',
    at: [0, 0, 10, 10],
    properties: { destId: 'month:{year}-{month_padded}' },
  }),
  ...tabs('@tab'),
  text('name', [left, 64, 250, 40], '{month_name}', { font: serif, size: 30 }),
  text('year', [right - 100, 64, 100, 40], '{year}', {
    font: serif,
    size: 30,
    color: quiet,
    textAlign: 'right',
  }),
  widget('calendar', {
    id: 'days',
    at: [left, 110, width, 330],
    styling: { size: 11 },
    properties: {
      startDate: '{date}',
      showMonthName: false,
      showYear: false,
      weekNumbers: true,
      weekLinkTemplate: 'day:{date}',
      showTrailingDays: true,
      linkStrategy: 'named_destinations',
    },
  }),
  heading('aims-heading', [left, 450, 150, 16], 'AIMS'),
  widget('lines', {
    id: 'aims',
    at: [left, 486, width, 90],
    styling: { strokeColor: rule },
    properties: { lineSpacing: 22, lineCount: 5, columns: 2, columnGap: 20 },
  }),
]

const hours = Array.from({ length: 14 }, (_, hour) => hour + 7)

const day = [
  widget('anchor', { id: 'top', at: [0, 0, 10, 10], properties: { destId: 'day:{date}' } }),
  ...tabs('@tab'),
  text('number', [left, 62, 56, 46], '{day}', { font: serif, size: 44 }),
  text('weekday', [left + 62, 64, 200, 24], '{weekday}', { font: 'Helvetica-Bold', size: 15 }),
  link('month', [left + 62, 84, 120, 22], '{month_name} {year}', 'month(@year-@month:02d)', {
    textAlign: 'left',
    size: 11,
    color: quiet,
  }),
  link('previous', [right - 92, 66, 30, 34], '‹', 'day(@date_prev)', { size: 26 }),
  text('week', [right - 62, 66, 32, 34], 'W {week}', {
    size: 10,
    color: quiet,
    textAlign: 'center',
  }),
  link('next', [right - 30, 66, 30, 34], '›', 'day(@date_next)', { size: 26 }),
  line('title-rule', left, 114, width),
  heading('hours-heading', [left, 122, 150, 16], 'SCHEDULE'),
  ...hours.map((hour, row) =>
    text(`hour-${hour}`, [left, 143 + row * 30, 28, 14], `${hour}`, {
      size: 10,
      color: quiet,
      textAlign: 'right',
    }),
  ),
  widget('lines', {
    id: 'hours',
    at: [left + 34, 158, 186, 410],
    styling: { strokeColor: rule },
    properties: { lineSpacing: 30, lineCount: 14 },
  }),
  widget('lines', {
    id: 'halves',
    at: [left + 34, 173, 186, 390],
    styling: { strokeColor: rule },
    properties: { lineSpacing: 30, lineCount: 13, lineStyle: 'dotted' },
  }),
  widget('calendar', {
    id: 'days',
    at: [right - 140, 122, 140, 122],
    styling: { size: 9, textAlign: 'center' },
    properties: {
      startDate: '{year}-{month_padded}',
      highlightDate: '{date}',
      weekdayLabelStyle: 'narrow',
      showGridLines: false,
      cellPadding: 2,
      linkStrategy: 'named_destinations',
    },
  }),
  heading('tasks-heading', [right - 140, 254, 140, 16], 'THREE THINGS'),
  ...[0, 1, 2].map((row) =>
    widget('checkbox', {
      id: `task-${row + 1}`,
      at: [right - 140, 274 + row * 26, 140, 20],
      properties: { boxSize: 14 },
      styling: { lineWidth: 1 },
    }),
  ),
  widget('lines', {
    id: 'tasks',
    at: [right - 120, 291, 120, 54],
    styling: { strokeColor: rule },
    properties: { lineSpacing: 26, lineCount: 3 },
  }),
  heading('notes-heading', [right - 140, 358, 100, 16], 'NOTES'),
  link('more', [right - 40, 351, 40, 30], 'more ›', 'notes(1)', {
    textAlign: 'right',
    color: quiet,
  }),
  widget('dot_grid', {
    id: 'notes',
    at: [right - 140, 382, 140, 190],
    properties: { gridCellSize: 10, dotSize: 1.2, dotColor: '#888888' },
  }),
]

const notes = [
  widget('anchor', {
    id: 'top',
    at: [0, 0, 10, 10],
    properties: { destId: 'notes:page:{index_padded}' },
  }),
  ...tabs(null),
  text('title', [left, 64, 200, 36], 'Notes', { font: serif, size: 26 }),
  text('page', [right - 100, 64, 100, 36], '{index} / {total}', {
    size: 11,
    color: quiet,
    textAlign: 'right',
  }),
  widget('dot_grid', {
    id: 'dots',
    at: [left, 108, width, 460],
    properties: { gridCellSize: 12.5, dotSize: 1.2, dotColor: '#888888' },
  }),
  widget('tap_zone', {
    id: 'on',
    at: [right - 60, 566, 60, 30],
    properties: { tapAction: 'next_page' },
  }),
]

export function daybook({
  startDate,
  endDate,
  notes: count,
  locale = 'en',
  deviceProfile = 'remarkable-2',
}: Daybook) {
  const dates = { startDate, endDate }
  const tab = { tab: { start: Number(startDate.slice(5, 7)) + 1, step: 1 } }
  return plannerContent({
    metadata: {
      name: 'Daybook 2026',
      author: 'Atrium',
      description: 'A page a day',
      deviceProfile,
    },
    masters: { index, month, day, notes },
    calendar: dates,
    sections: [
      { kind: 'index', master: 'index', generate: 'once' },
      {
        kind: 'months',
        master: 'month',
        generate: 'each_month',
        ...dates,
        counters: tab,
        nested: [{ kind: 'days', master: 'day', generate: 'each_day' }],
      },
      { kind: 'notes', master: 'notes', generate: 'count', count },
    ],
    order: ['index', 'months', 'notes'],
    locale,
  })
}

/** Of so many pages: a page a day from New Year on, with its months, and the rest for notes. */
export function sizedDaybook(pageCount: number, hasDots: boolean) {
  const days = Math.min(365, Math.floor(pageCount * 0.9))
  const endDate = new Date(Date.UTC(2026, 0, days)).toISOString().slice(0, 10)
  const months = Number(endDate.slice(5, 7))
  const content = daybook({
    startDate: '2026-01-01',
    endDate,
    notes: pageCount - 1 - months - days,
  })
  const masters = content.masters.map(({ name, widgets }) => ({
    name,
    widgets: widgets.filter((each) => hasDots || !('type' in each && each.type === 'dot_grid')),
  }))
  return { ...content, masters }
}
