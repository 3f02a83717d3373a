import { section, widget } from '../planner-content.ts'
import {
  anchorOf,
  arrowTo,
  columnsOf,
  heading,
  label,
  linkTo,
  plannerFor,
  rowsOf,
  rule,
  ruled,
  sheetOf,
  within,
  write,
  type Area,
  type Sheet,
} from './sheet.ts'

/** Days of a year, reached from a year of calendars, from months and from each other. */
export function dailyPlanner(year: number, endDate = `${year}-12-31`) {
  const sheet = sheetOf('remarkable-2')
  return plannerFor(sheet, `Days of ${year}`, {
    masters: {
      year: yearPage(sheet, year),
      month: monthPage(sheet),
      day: dayPage(sheet),
      note: notePage(sheet),
    },
    sections: [
      section('year', { context: { of: String(year) } }),
      section('month', { generate: 'each_month' }),
      section('day', { generate: 'each_day' }),
      section('note', { generate: 'count', count: 12 }),
    ],
    calendar: { startDate: `${year}-01-01`, endDate },
  })
}

const navHeight = 31

/** The way home, and to each month. */
function monthTabs({ area }: Sheet, year: string, highlightIndex: string) {
  const [x, y, width, height] = area
  const months = Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, '0'))
  return widget('link_list', {
    id: 'months',
    at: [x, y + height - navHeight, width, navHeight],
    styling: { color: '#000000', size: 10, textAlign: 'center' },
    properties: {
      labels: ['J', 'F', 'M', 'A', 'M', 'J', 'J', 'A', 'S', 'O', 'N', 'D'],
      destinations: months.map((month) => `month:${year}-${month}`),
      columns: 12,
      highlightIndex,
      highlightColor: '#DDDDDD',
    },
  })
}

function yearPage(sheet: Sheet, year: number) {
  const { area } = sheet
  const grid: Area = within(area, 0, 44, area[2], area[3] - 44 - navHeight - 8)
  const calendars = rowsOf(grid, 4, 6).flatMap((row) => columnsOf(row, 3, 12))
  return [
    anchorOf('home:index'),
    write('title', within(area, 0, 0, 200, 30), '{of}', { font: 'Times-Roman', size: 28 }),
    linkTo('notes', within(area, area[2] - 70, 0, 70, 30), 'Notes', { toDest: 'notes:page:001' }),
    rule('rule', within(area, 0, 36, area[2], 2)),
    ...calendars.map((at, index) =>
      widget('calendar', {
        id: `m${index + 1}`,
        at,
        styling: { size: 10 },
        properties: {
          startDate: `${year}-${String(index + 1).padStart(2, '0')}-01`,
          showYear: false,
          showGridLines: false,
          weekdayLabelStyle: 'narrow',
          forceWeeks: 6,
          cellPadding: 1,
          linkStrategy: 'named_destinations',
        },
      }),
    ),
    monthTabs(sheet, '{of}', ''),
  ]
}

function monthPage(sheet: Sheet) {
  const { area } = sheet
  return [
    anchorOf('month:{year}-{month_padded}'),
    linkTo(
      'home',
      within(area, 0, 0, 60, 30),
      '{year}',
      { toDest: 'home:index' },
      { textAlign: 'left' },
    ),
    arrowTo('next', within(area, area[2] - 40, 0, 40, 30), '›', 'month(@year-@month_next:02d)'),
    widget('calendar', {
      id: 'calendar',
      at: within(area, 0, 36, area[2], 330),
      styling: { size: 12 },
      properties: {
        startDate: '@date',
        weekNumbers: true,
        gridLineWidth: 0.75,
        showTrailingDays: true,
        linkStrategy: 'template',
        linkTemplate: 'day:{date}',
      },
    }),
    write('goals', within(area, 0, 376, 200, 16), 'This month', label),
    ruled('lines', within(area, 0, 400, area[2], 85), { lineSpacing: 24, lineCount: 4 }),
    monthTabs(sheet, '@year', '@month'),
  ]
}

function dayPage(sheet: Sheet) {
  const { area } = sheet
  return [
    anchorOf('day:{date}'),
    write('number', within(area, 0, 0, 76, 62), '{day}', {
      font: 'Times-Roman',
      size: 60,
      lineHeight: 1,
    }),
    write('weekday', within(area, 80, 6, 150, 22), '{weekday}', heading),
    write('month', within(area, 80, 30, 150, 18), '{month_name} {year}', {
      size: 12,
      color: '#555555',
    }),
    arrowTo('previous', within(area, 0, 70, 40, 34), '‹', 'day(@date_prev)'),
    linkTo('up', within(area, 44, 70, 90, 34), '{month_name:.3} {year}', {
      bind: 'month(@year-@month:02d)',
    }),
    arrowTo('following', within(area, 138, 70, 40, 34), '›', 'day(@date_next)'),
    widget('calendar', {
      id: 'mini',
      at: within(area, 225, 0, 150, 106),
      styling: { size: 10 },
      properties: {
        startDate: '@date',
        firstDayOfWeek: 'monday',
        showMonthName: false,
        showYear: false,
        showGridLines: false,
        weekdayLabelStyle: 'narrow',
        forceWeeks: 6,
        cellPadding: 1,
        highlightDate: '@date',
        linkStrategy: 'named_destinations',
      },
    }),
    rule('rule', within(area, 0, 110, area[2], 2)),
    ...dayBody(within(area, 0, 118, area[2], area[3] - 118 - navHeight - 8)),
    monthTabs(sheet, '@year', '@month'),
  ]
}

/** Hours on the left, what matters and what comes to mind on the right. */
function dayBody(body: Area) {
  const hours = within(body, 0, 0, 196)
  const side = within(body, 212, 0)
  return [
    ruled('schedule', hours, { lineSpacing: 26, lineCount: 14, marginLeft: 26 }),
    write(
      'hours',
      within(hours, 0, 4, 24, 14 * 26),
      '7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20',
      {
        size: 10,
        lineHeight: 2.6,
        color: '#555555',
      },
    ),
    write('priorities', within(side, 0, 0, 120, 14), 'Priorities', label),
    ...[0, 1, 2].map((at) =>
      widget('checkbox', {
        id: `task${at}`,
        at: within(side, 0, 20 + at * 28, 163, 22),
        content: '',
        properties: { boxSize: 13 },
      }),
    ),
    ruled('tasks', within(side, 22, 40, side[2] - 22, 60), { lineSpacing: 28, lineCount: 3 }),
    write('notes', within(side, 0, 112, 120, 14), 'Notes', label),
    widget('dot_grid', {
      id: 'dots',
      at: within(side, 0, 134, side[2], side[3] - 134),
      properties: { gridCellSize: 13, dotSize: 1.2, dotColor: '#777777' },
    }),
  ]
}

function notePage({ area }: Sheet) {
  return [
    anchorOf('notes:page:{index_padded}'),
    linkTo(
      'home',
      within(area, 0, 0, 60, 30),
      'Index',
      { toDest: 'home:index' },
      { textAlign: 'left' },
    ),
    write('number', within(area, 100, 0, area[2] - 100, 30), '{index} / {total}', {
      textAlign: 'right',
      color: '#555555',
    }),
    ruled('lines', within(area, 0, 48), { lineSpacing: 25, lineCount: 30 }),
  ]
}
