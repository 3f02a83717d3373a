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
  type Sheet,
  within,
  write,
} from './sheet.ts'

/** Weeks over the turn of a year that has 53, in columns of hours, and a year of week numbers. */
export function weeklyPlanner() {
  const sheet = sheetOf('supernote-a5x')
  return plannerFor(sheet, 'Weeks of 2026', {
    masters: {
      overview: overview(sheet),
      week: week(sheet),
    },
    sections: [
      section('overview'),
      section('week', { generate: 'each_week', startDate: '2026-01-01', endDate: '2027-01-03' }),
    ],
  })
}

function overview({ area }: Sheet) {
  const months = rowsOf(within(area, 0, 44), 4, 8).flatMap((row) => columnsOf(row, 3, 14))
  return [
    anchorOf('home:index'),
    write('title', within(area, 0, 0, 240, 30), 'Weeks of 2026', heading),
    rule('rule', within(area, 0, 36, area[2], 2)),
    ...months.map((at, index) =>
      widget('calendar', {
        id: `m${index + 1}`,
        at,
        styling: { size: 10 },
        properties: {
          startDate: `2026-${String(index + 1).padStart(2, '0')}`,
          weekNumbers: true,
          showGridLines: false,
          showYear: false,
          weekdayLabelStyle: 'narrow',
          forceWeeks: 6,
          cellPadding: 1,
          linkStrategy: 'template',
          linkTemplate: 'week:{iso_week}',
          weekLinkTemplate: 'week:{iso_week}',
        },
      }),
    ),
  ]
}

function week({ area }: Sheet) {
  return [
    anchorOf('week:{iso_week}'),
    linkTo('home', within(area, 0, 0, 56, 32), '2026', { toDest: 'home:index' }),
    arrowTo('previous', within(area, area[2] - 80, 0, 38, 32), '‹', 'week(@iso_week_prev)'),
    arrowTo('following', within(area, area[2] - 38, 0, 38, 32), '›', 'week(@iso_week_next)'),
    widget('calendar', {
      id: 'week',
      at: within(area, 0, 36, area[2], 380),
      styling: { size: 11 },
      properties: {
        calendarType: 'weekly',
        startDate: '{date}',
        gridLineWidth: 0.75,
        showTimeGrid: true,
        showTimeGutter: true,
        timeStartHour: 7,
        timeEndHour: 21,
        timeLabelInterval: 120,
      },
    }),
    write('notes', within(area, 0, 424, 150, 14), 'This week', label),
    ruled('lines', within(area, 0, 446, area[2], 76), { lineSpacing: 24, lineCount: 4 }),
  ]
}
