import { section, widget } from '../planner-content.ts'
import { anchorOf, heading, label, plannerFor, ruled, sheetOf, within, write } from './sheet.ts'

const greetings = {
  pl: ['Dzień dobry, zażółć gęślą jaźń', 'Notatki', 'DejaVu Serif'],
  ja: ['おはようございます。今日の予定', 'メモ', 'Helvetica'],
  zh: ['早上好，今天的计划', '笔记', 'Helvetica'],
  uk: ['Доброго ранку, план на сьогодні', 'Нотатки', 'DejaVu Sans'],
} as const

export type Language = keyof typeof greetings

/** A month of days in a language: its names, its letters, its week. */
export function journalIn(locale: Language) {
  const sheet = sheetOf('boox-note-air-3c')
  const { area } = sheet
  const [greeting, notes, font] = greetings[locale]
  return plannerFor(sheet, greeting, {
    locale,
    masters: {
      month: [
        anchorOf('month:{year}-{month_padded}'),
        widget('calendar', {
          id: 'calendar',
          at: within(area, 0, 0, area[2], 240),
          styling: { font, size: 12 },
          properties: {
            startDate: '@date',
            gridLineWidth: 0.75,
            weekNumbers: true,
            linkStrategy: 'named_destinations',
          },
        }),
        widget('day_list', {
          id: 'days',
          at: within(area, 0, 256, area[2], 260),
          styling: { font, size: 10 },
          properties: {
            startDate: '@date',
            rowHeight: 30,
            showMonthHeader: true,
            showYearInHeader: true,
            weekdayFormat: 'full',
            linkStrategy: 'named_destinations',
          },
        }),
      ],
      day: [
        anchorOf('day:{date}'),
        write('date', within(area, 0, 0, area[2], 26), '{date_long}', { ...heading, font }),
        write('greeting', within(area, 0, 34, area[2], 40), greeting, { font, size: 13 }),
        write(
          'turned',
          within(area, area[2] - 24, 80, 24, 200),
          '{weekday}',
          { font, size: 14, textAlign: 'right' },
          { properties: { orientation: 'vertical' } },
        ),
        write('notes', within(area, 0, 82, 120, 16), notes, { ...label, font }),
        ruled('lines', within(area, 0, 106, area[2] - 32, 400), { lineSpacing: 26, lineCount: 16 }),
      ],
    },
    sections: [
      section('month', {
        generate: 'each_month',
        startDate: '2026-02-01',
        endDate: '2026-02-28',
        nested: [
          section('day', { generate: 'each_day', startDate: '2026-02-01', endDate: '2026-02-05' }),
        ],
      }),
    ],
  })
}
