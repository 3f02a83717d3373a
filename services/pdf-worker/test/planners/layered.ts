import { section, widget } from '../planner-content.ts'
import {
  anchorOf,
  heading,
  label,
  linkTo,
  plannerFor,
  ruled,
  sheetOf,
  within,
  write,
} from './sheet.ts'

/** Months, their weeks, their days and the notes of each day: three levels below the top. */
export function layeredPlanner() {
  const sheet = sheetOf('supernote-nomad')
  const { area } = sheet
  const back = (content: string, bind: string) =>
    linkTo(
      'up',
      within(area, area[2] - 92, 0, 92, 30),
      content,
      { bind },
      { textAlign: 'right', size: 9 },
    )
  const title = (content: string) =>
    write('title', within(area, 0, 0, area[2] - 96, 24), content, heading)
  const month = 'month(@year-@month:02d)'
  return plannerFor(sheet, 'Months, weeks and days', {
    masters: {
      month: [
        anchorOf('month:{year}-{month_padded}'),
        title('{month_name} {year}'),
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
        title('Week {week}'),
        back('{month_name}', month),
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
      day: [
        anchorOf('day:{date}'),
        title('{weekday}, {day}'),
        back('{month_name}', month),
        linkTo(
          'following',
          within(area, area[2] - 36, area[3] - 32, 36, 32),
          '›',
          { bind: 'day(@date_next)' },
          { size: 18 },
        ),
        write('label', within(area, 0, 34, 120, 12), 'Day', label),
        ruled('lines', within(area, 0, 50, area[2], 300), { lineSpacing: 22, lineCount: 14 }),
      ],
      note: [
        title('{weekday}, note {n}'),
        back('{date}', 'day(@date)'),
        widget('dot_grid', {
          id: 'dots',
          at: within(area, 0, 40),
          properties: { gridCellSize: 14, dotColor: '#777777' },
        }),
      ],
    },
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
