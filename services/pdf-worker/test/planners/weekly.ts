import { section, widget } from '../planner-content.ts'
import {
  anchorOf,
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
} from './sheet.ts'

/** Weeks over the turn of a year that has 53, in columns of hours, beside a year of week numbers. */
export function weeklyPlanner() {
  const sheet = sheetOf('supernote-a5x')
  const { area } = sheet
  const months = rowsOf(within(area, 0, 44), 4, 8).flatMap((row) => columnsOf(row, 3, 14))
  return plannerFor(sheet, 'Weeks of 2026', {
    masters: {
      overview: [
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
      ],
      week: [
        anchorOf('week:{iso_week}'),
        linkTo('home', within(area, 0, 0, 56, 32), '2026', { toDest: 'home:index' }),
        linkTo(
          'previous',
          within(area, area[2] - 80, 0, 38, 32),
          '‹',
          { bind: 'week(@iso_week_prev)' },
          { size: 18 },
        ),
        linkTo(
          'following',
          within(area, area[2] - 38, 0, 38, 32),
          '›',
          { bind: 'week(@iso_week_next)' },
          { size: 18 },
        ),
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
      ],
    },
    sections: [
      section('overview'),
      section('week', { generate: 'each_week', startDate: '2026-01-01', endDate: '2027-01-03' }),
    ],
  })
}
