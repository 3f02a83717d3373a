import { section, widget } from '../planner-content.ts'
import {
  anchorOf,
  arrowTo,
  heading,
  label,
  plannerFor,
  ruled,
  sheetOf,
  within,
  write,
} from './sheet.ts'

/** Months of half a leap year, each with its days in a list beside the calendar. */
export function monthlyPlanner() {
  const sheet = sheetOf('kindle-scribe')
  const { area } = sheet
  const half = area[2] / 2 - 6
  return plannerFor(sheet, 'Months', {
    masters: {
      month: [
        anchorOf('month:{year}-{month_padded}'),
        write('title', within(area, 0, 0, 260, 26), '{month_name} {year}', {
          font: 'Times-Bold',
          size: 22,
        }),
        arrowTo(
          'following',
          within(area, area[2] - 40, 0, 40, 30),
          '›',
          'month(@year-@month_next:02d)',
        ),
        arrowTo(
          'previous',
          within(area, area[2] - 84, 0, 40, 30),
          '‹',
          'month(@year-@month_prev:02d)',
        ),
        widget('day_list', {
          id: 'days',
          at: within(area, 0, 40, half, area[3] - 40),
          styling: { size: 9 },
          properties: {
            startDate: '@date',
            rowHeight: 15.5,
            showWeekNumbers: true,
            highlightWeekends: true,
            weekendColor: '#EEEEEE',
            showMonthHeader: false,
          },
        }),
        widget('calendar', {
          id: 'calendar',
          at: within(area, half + 12, 40, half, 190),
          styling: { size: 11 },
          properties: {
            startDate: '@date',
            firstDayOfWeek: 'sunday',
            showMonthName: false,
            showYear: false,
          },
        }),
        write('goals', within(area, half + 12, 244, 120, 14), 'Goals', label),
        ruled('lines', within(area, half + 12, 262, half, 240), { lineSpacing: 22, lineCount: 12 }),
        write('page', within(area, half + 12, area[3] - 18, half, 14), '{page} / {total_pages}', {
          ...heading,
          size: 9,
          textAlign: 'right',
        }),
      ],
    },
    sections: [
      section('month', { generate: 'each_month', startDate: '2028-01-01', endDate: '2028-06-30' }),
    ],
  })
}
