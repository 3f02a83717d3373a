import { section, widget } from '../planner-content.ts'
import {
  anchorOf,
  heading,
  label,
  linkTo,
  plannerFor,
  rowsOf,
  rule,
  sheetOf,
  within,
  write,
} from './sheet.ts'

/** Habits of a month: a table of days, boxes to tick, and a zone to turn the page with. */
export function habitTracker() {
  const sheet = sheetOf('kobo-elipsa-2e')
  const { area, page } = sheet
  const days = Array.from({ length: 16 }, (_, index) => String(index + 1))
  const habits = ['Read', 'Walk', 'Write', 'Water', 'Sleep', 'Stretch']
  return plannerFor(sheet, 'Habits', {
    masters: {
      habits: [
        anchorOf('month:{year}-{month_padded}'),
        write('title', within(area, 0, 0, 300, 24), 'Habits in {month_name}', heading),
        rule('rule', within(area, 0, 30, area[2], 2)),
        widget('table', {
          id: 'table',
          at: within(area, 0, 42, area[2], 7 * 26),
          styling: { size: 10 },
          properties: {
            rows: 6,
            columns: 17,
            tableData: [['', ...days], ...habits.map((habit) => [habit])],
            columnWidths: [4, ...days.map(() => 1)],
            rowHeight: 26,
            textAlign: 'center',
            headerBackground: '#DDDDDD',
            textWrap: false,
          },
        }),
        write('today', within(area, 0, 244, 160, 14), 'Every week', label),
        ...rowsOf(within(area, 0, 266, 300, 6 * 32), 6).map((at, index) =>
          widget('checkbox', {
            id: `task${index}`,
            at,
            content: habits[index] ?? '',
            styling: { size: 12 },
            properties: { boxSize: 16, checked: index === 0 },
          }),
        ),
        widget('tap_zone', {
          id: 'forward',
          at: [page.width - 60, page.height - 60, 60, 60],
          properties: { tapAction: 'next_page' },
        }),
        widget('tap_zone', {
          id: 'back',
          at: [0, page.height - 60, 60, 60],
          properties: { tapAction: 'prev_page', outline: true },
        }),
      ],
    },
    sections: [
      section('habits', { generate: 'each_month', startDate: '2026-01-01', endDate: '2026-03-31' }),
    ],
  })
}

/** Tables of every border, with stripes, links and wrapped cells. */
export function tables() {
  const sheet = sheetOf('boox-max-13')
  const { area } = sheet
  const borders = ['all', 'none', 'outer', 'horizontal', 'vertical']
  const rows = rowsOf(within(area, 0, 36), 5, 16)
  const data = [
    ['Project', 'Owner', 'What is next'],
    ['Atrium', 'Ann', 'Write the <b>second</b> chapter, and read the first one again aloud'],
    ['Garden', 'Ben', 'Seeds'],
    ['House', '', 'Paint'],
  ]
  return plannerFor(sheet, 'Tables', {
    masters: {
      tables: [
        anchorOf('home:index'),
        write('title', within(area, 0, 0, 300, 24), 'Tables', heading),
        ...borders.map((borderStyle, index) =>
          widget('table', {
            id: `t${index}`,
            at: rows[index] ?? area,
            styling: { size: 11 },
            properties: {
              rows: 3,
              columns: 3,
              tableData: data,
              columnWidths: [1, 1, 2],
              rowHeight: 30,
              borderStyle,
              zebraRows: index === 0,
              oddRowBg: '#EEEEEE',
              headerBackground: index < 3 ? '#DDDDDD' : 'none',
              strokeWidth: 0.75,
              linkTemplate: index === 0 ? 'row:{row}' : '',
              linkColumns: [0],
              textWrap: index !== 3,
              headerColor: '#555555',
            },
          }),
        ),
      ],
      row: [
        anchorOf('row:{index}'),
        write('title', within(area, 0, 0, 300, 24), 'Row {index}', heading),
        linkTo('home', within(area, 0, 30, 80, 32), 'Tables', { toDest: 'home:index' }),
      ],
    },
    sections: [section('tables'), section('row', { generate: 'count', count: 3 })],
  })
}
