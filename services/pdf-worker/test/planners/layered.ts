import { section, widget } from '../planner-content.ts'
import {
  anchorOf,
  arrowTo,
  heading,
  label,
  linkTo,
  plannerFor,
  ruled,
  sheetOf,
  type Sheet,
  within,
  write,
} from './sheet.ts'

/** Months, their weeks, their days and the notes of each day: three levels below the top. */
export function layeredPlanner() {
  const sheet = sheetOf('supernote-nomad')
  return plannerFor(sheet, 'Months, weeks and days', {
    masters: { ...wholes(sheet), ...days(sheet) },
    sections: [
      section('month', {
        generate: 'each_month',
        startDate: '2026-02-16',
        endDate: '2026-03-15',
        nested: [
          section('week', {
            generate: 'each_week',
            nested: [
              section('day', {
                generate: 'each_day',
                nested: [section('note', { generate: 'count', count: 2, counters: { n: {} } })],
              }),
            ],
          }),
        ],
      }),
    ],
  })
}

const month = 'month(@year-@month:02d)'
const title = ({ area }: Sheet, content: string) =>
  write('title', within(area, 0, 0, area[2] - 96, 24), content, heading)
const back = ({ area }: Sheet, content: string, bind: string) =>
  linkTo(
    'up',
    within(area, area[2] - 92, 0, 92, 30),
    content,
    { bind },
    { textAlign: 'right', size: 9 },
  )

function wholes(sheet: Sheet) {
  const { area } = sheet
  return {
    month: [
      anchorOf('month:{year}-{month_padded}'),
      title(sheet, '{month_name} {year}'),
      widget('calendar', {
        id: 'calendar',
        at: within(area, 0, 36, area[2], 200),
        styling: { size: 10 },
        properties: {
          startDate: '@date',
          weekNumbers: true,
          showMonthName: false,
          showYear: false,
          linkStrategy: 'named_destinations',
          weekLinkTemplate: 'week:{iso_week}',
        },
      }),
    ],
    week: [
      anchorOf('week:@iso_week'),
      title(sheet, 'Week {week}'),
      back(sheet, '{month_name}', month),
      widget('calendar', {
        id: 'week',
        at: within(area, 0, 36, area[2], 330),
        styling: { size: 10 },
        properties: {
          calendarType: 'weekly',
          layoutOrientation: 'vertical',
          startDate: '@date',
          linkStrategy: 'named_destinations',
          showTimeGrid: true,
          timeStartHour: 8,
          timeEndHour: 20,
          timeLabelInterval: 240,
        },
      }),
    ],
  }
}

function days(sheet: Sheet) {
  const { area } = sheet
  return {
    day: [
      anchorOf('day:{date}'),
      title(sheet, '{weekday}, {day}'),
      back(sheet, '{month_name}', month),
      arrowTo(
        'following',
        within(area, area[2] - 36, area[3] - 32, 36, 32),
        '›',
        'day(@date_next)',
      ),
      write('label', within(area, 0, 34, 120, 12), 'Day', label),
      ruled('lines', within(area, 0, 50, area[2], 300), { lineSpacing: 22, lineCount: 14 }),
    ],
    note: [
      title(sheet, '{weekday}, note {n}'),
      back(sheet, '{date}', 'day(@date)'),
      widget('dot_grid', {
        id: 'dots',
        at: within(area, 0, 40),
        properties: { gridCellSize: 14, dotColor: '#777777' },
      }),
    ],
  }
}
