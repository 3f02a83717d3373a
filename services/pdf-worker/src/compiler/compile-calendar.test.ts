import { describe, expect, it } from 'vitest'
import {
  anchor,
  compilation,
  compile,
  drawn,
  linksOn,
  onePage,
  only,
  plannerContent,
  section,
  widget,
} from '../../test/planner-content.ts'
import type { Calendar } from './compiled-widget.ts'

const calendar = (members: object = {}, today: string | null = null) =>
  drawn('calendar', { properties: { startDate: '2026-02', ...members } }, { today })
const days = ({ rows }: Calendar) => rows.map((row) => row.days.map((day) => day?.text ?? '-'))

/** Days of 2026, and a page with this widget. */
const linked = (type: 'calendar' | 'day_list', members: object) =>
  plannerContent({
    masters: {
      day: [anchor('day:{date}')],
      page: [widget(type, { id: 'grid', properties: { ...members } })],
    },
    sections: [
      section('page'),
      section('day', { generate: 'each_day', startDate: '2026-01-01', endDate: '2026-12-31' }),
    ],
  })
const partsOf = (content: object, page = 1) =>
  linksOn(compile(content), page).map(({ part, target }) => [part, target.page])

describe('a monthly calendar', () => {
  it('has as many rows as the month needs, from Monday on', () => {
    expect(days(calendar())).toEqual([
      ['-', '-', '-', '-', '-', '-', '1'],
      ['2', '3', '4', '5', '6', '7', '8'],
      ['9', '10', '11', '12', '13', '14', '15'],
      ['16', '17', '18', '19', '20', '21', '22'],
      ['23', '24', '25', '26', '27', '28', '-'],
    ])
    expect(calendar({ startDate: '2027-02' }).rows).toHaveLength(4)
    expect(calendar({ startDate: '2026-08-15' }).rows).toHaveLength(6)
  })

  it.each(['sunday', 'Sunday', 6, '6'])('begins with Sunday: %j', (firstDayOfWeek) => {
    const sunday = calendar({ firstDayOfWeek })
    expect(days(sunday)[0]).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    expect(sunday.weekdayLabels?.slice(0, 2)).toEqual(['Sun', 'Mon'])
  })

  it('shows the days of other months in grey, where it is told to', () => {
    const [first] = calendar({ showTrailingDays: true }).rows
    expect(first?.days[0]).toEqual({
      date: '2026-01-26',
      text: '26',
      isOutside: true,
      isFramed: false,
    })
  })

  it('has the rows that it is told to have, more or fewer', () => {
    expect(calendar({ forceWeeks: 6 }).rows).toHaveLength(6)
    expect(
      days(calendar({ forceWeeks: 4 }))
        .flat()
        .at(-1),
    ).toBe('22')
  })

  it('numbers weeks by the first date of each row', () => {
    const january = calendar({ startDate: '2026-01', weekNumbers: true })
    expect(january.hasWeekNumbers).toBe(true)
    expect(january.rows.map(({ weekNumber }) => weekNumber)).toEqual([1, 2, 3, 4, 5])
    expect(calendar({ startDate: '2027-01' }).rows.map(({ weekNumber }) => weekNumber)[0]).toBe(53)
  })

  it.each([
    [{}, 'February 2026'],
    [{ monthNameFormat: 'short' }, 'Feb 2026'],
    [{ showYear: false }, 'February'],
    [{ showMonthName: false }, '2026'],
    [{ showMonthName: false, showYear: false }, null],
    [{ showMonthYear: false }, null],
    [{ showMonthYear: false, showYear: true }, '2026'],
  ])('is titled by %j: %s', (members, title) => {
    expect(calendar(members).title).toBe(title)
  })

  it('labels its columns as told', () => {
    expect(calendar().weekdayLabels).toEqual(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'])
    expect(calendar({ weekdayLabelStyle: 'narrow' }).weekdayLabels?.[0]).toBe('M')
    expect(calendar({ weekdayLabelStyle: 'full' }).weekdayLabels?.[0]).toBe('Monday')
    expect(calendar({ showWeekdays: false }).weekdayLabels).toBeNull()
  })

  it('frames a date, and today where there is one', () => {
    const framed = (shown: Calendar) =>
      shown.rows.flatMap((row) => row.days.filter((day) => day?.isFramed).map((day) => day?.date))
    expect(framed(calendar({ highlightDate: '2026-02-03' }))).toEqual(['2026-02-03'])
    expect(framed(calendar({ highlightToday: true }, '2026-02-14'))).toEqual(['2026-02-14'])
    expect(framed(calendar({ highlightToday: true }))).toEqual([])
    expect(framed(calendar({}, '2026-02-14'))).toEqual([])
  })

  it('starts today where its date cannot be read, which is a finding', () => {
    const content = onePage([widget('calendar', { properties: { startDate: 'soon' } })])
    const document = compile(content, { today: '2026-03-04' })
    expect(only(document, 'calendar').title).toBe('March 2026')
    expect(document.warnings.map(({ code }) => code)).toEqual(['date-unreadable'])
    expect(compilation(content, { strict: true }).status).toBe('failed')
  })

  it.each([
    ['pl', 'Luty 2026', 'pon.'],
    ['ja', '2026年2月', '月'],
    ['zh', '2026年2月', '周一'],
    ['uk', 'Лютий 2026', 'пн'],
  ])('is written in %s', (locale, title, monday) => {
    const content = plannerContent({
      masters: { a: [widget('calendar', { properties: { startDate: '2026-02' } })] },
      sections: [section('a')],
      locale,
    })
    const shown = only(compile(content), 'calendar')
    expect([shown.title, shown.weekdayLabels?.[0]]).toEqual([title, monday])
  })
})

describe('a weekly calendar', () => {
  const week = (members: object = {}) =>
    calendar({ calendarType: 'weekly', startDate: '2026-01-01', ...members })

  it('is the week that its date lies in', () => {
    const shown = week()
    expect(shown.layout).toBe('weekly')
    expect(days(shown)).toEqual([['29', '30', '31', '1', '2', '3', '4']])
    expect(shown.rows[0]?.days.map((day) => day?.isOutside)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ])
    expect(shown.title).toBe('January 2026 — Week 1')
    expect(shown.cellMinSize).toBe(24)
  })

  it('in rows says weekday and day', () => {
    const shown = week({ layoutOrientation: 'vertical' })
    expect(shown.layout).toBe('vertical')
    expect(days(shown).flat()).toEqual([
      'Mon 29',
      'Tue 30',
      'Wed 31',
      'Thu 1',
      'Fri 2',
      'Sat 3',
      'Sun 4',
    ])
    expect(shown.title).toBeNull()
  })

  it('has a grid of hours, labelled from the start down', () => {
    expect(week().timeGrid).toBeNull()
    const said = { showTimeGrid: true, showTimeGutter: true, timeStartHour: 9, timeEndHour: 11 }
    expect(week({ ...said, timeSlotMinutes: 1, timeLabelInterval: 90 }).timeGrid).toEqual({
      startMinute: 540,
      endMinute: 660,
      slotMinutes: 5,
      showGutter: true,
      labels: [
        { minute: 540, text: '09:00' },
        { minute: 630, text: '10:30' },
      ],
    })
    expect(week({ ...said, timeEndHour: 9 }).timeGrid).toBeNull()
  })

  it('of a custom range is a frame', () => {
    expect(calendar({ calendarType: 'custom_range' })).toMatchObject({
      layout: 'frame',
      rows: [],
      title: null,
    })
  })
})

describe('cells link', () => {
  const january = { startDate: '2026-01', linkStrategy: 'named_destinations' }

  it('each to its own day', () => {
    const parts = partsOf(linked('calendar', january))
    expect(parts).toHaveLength(31)
    expect(parts[0]).toEqual([3, 2])
    expect(parts.at(-1)).toEqual([33, 32])
  })

  it('not where the strategy is none', () => {
    for (const linkStrategy of ['none', 'no_links', 'some', '']) {
      expect(partsOf(linked('calendar', { ...january, linkStrategy }))).toEqual([])
    }
  })

  it('from the start of a month on', () => {
    expect(partsOf(linked('calendar', { ...january, startDate: '2026-01-30' }))).toEqual([
      [32, 31],
      [33, 32],
    ])
  })

  it('by a template of their own values, whatever the page says', () => {
    const content = plannerContent({
      masters: {
        day: [
          anchor('d:@year:@month:@day'),
          widget('calendar', {
            properties: {
              ...january,
              linkStrategy: 'template',
              linkTemplate: 'd:{year}:{month}:{day}',
            },
          }),
        ],
      },
      sections: [
        section('day', { generate: 'each_day', startDate: '2026-01-01', endDate: '2026-01-31' }),
      ],
    })
    for (const page of [1, 20]) {
      expect(partsOf(content, page).map(([, target]) => target)).toEqual(
        Array.from({ length: 31 }, (_, index) => index + 1),
      )
    }
  })

  it('to pages in sequence, or to the page of their number', () => {
    const sequence = {
      ...january,
      linkStrategy: 'sequential_pages',
      firstPageNumber: 2,
      pagesPerDate: 12,
    }
    const pages = partsOf(linked('calendar', sequence)).map(([, page]) => page)
    expect(pages.slice(0, 2)).toEqual([2, 14])
    expect(pages.at(-1)).toBe(362)
    const simple = partsOf(linked('calendar', { ...january, linkStrategy: 'simple' }))
    expect(simple.map(([, page]) => page).slice(0, 3)).toEqual([1, 2, 3])
  })

  it('only of the start’s year in a week of columns, and of its month in one of rows', () => {
    const week = { ...january, startDate: '2026-12-31', calendarType: 'weekly' }
    expect(partsOf(linked('calendar', week)).map(([part]) => part)).toEqual([0, 1, 2, 3])
    const rows = { ...week, startDate: '2026-04-29', layoutOrientation: 'vertical' }
    expect(partsOf(linked('calendar', rows)).map(([part]) => part)).toEqual([2, 3])
  })

  it('of weeks too, numbered behind the days', () => {
    const content = plannerContent({
      masters: {
        week: [anchor('week:{week}')],
        page: [
          widget('calendar', {
            properties: { ...january, linkTemplate: 'week:{week}', weekNumbers: true },
          }),
        ],
      },
      sections: [
        section('page'),
        section('week', { generate: 'each_week', startDate: '2026-01-01', endDate: '2026-01-31' }),
      ],
    })
    const weeks = partsOf(content).filter(([part]) => Number(part) >= 35)
    expect(weeks).toEqual([
      [35, 2],
      [36, 3],
      [37, 4],
      [38, 5],
      [39, 6],
    ])
  })

  it('of weeks whose pages nobody asked for to none, and to those that were asked for', () => {
    const weeks = { ...january, weekNumbers: true }
    expect(compile(linked('calendar', weeks)).warnings).toEqual([])
    const asked = compile(linked('calendar', { ...weeks, weekLinkTemplate: 'week:{week}' }))
    expect(asked.warnings.map(({ target }) => target)).toEqual([
      'week:2',
      'week:3',
      'week:4',
      'week:5',
    ])
  })

  it('to days outside the plan not at all, and that is no fault', () => {
    const content = linked('calendar', { ...january, startDate: '2027-01' })
    const result = compilation(content, { strict: true })
    expect(result.status).toBe('compiled')
    expect(partsOf(content)).toEqual([])
  })

  it('to days of the plan that have no anchor: each is told', () => {
    const content = onePage([widget('calendar', { properties: { ...january } })], {
      generate: 'each_day',
      startDate: '2026-01-30',
      endDate: '2026-01-31',
    })
    expect(compile(content).warnings.map(({ target }) => target)).toEqual([
      'day:2026-01-30',
      'day:2026-01-31',
    ])
  })
})

describe('a day_list', () => {
  const list = (members: object = {}) =>
    drawn('day_list', { properties: { startDate: '2026-02-10', ...members } })

  it('has all days of the month, in type of 10 points', () => {
    const shown = list()
    expect(shown.rows.map(({ day }) => day)).toEqual(
      Array.from({ length: 28 }, (_, day) => String(day + 1)),
    )
    expect(shown).toMatchObject({
      header: null,
      rowHeight: 20,
      showWeekNumbers: false,
      showDayNumbers: true,
      showWeekdayNames: true,
      showNotesLines: true,
      notesLineCount: 1,
      style: { size: 10 },
    })
  })

  it('needs a day, not a month: the month is shown, which is a finding', () => {
    const content = onePage([widget('day_list', { properties: { startDate: '2026-02' } })])
    expect(only(compile(content), 'day_list').rows).toHaveLength(28)
    expect(compile(content).warnings.map(({ code }) => code)).toEqual(['date-unreadable'])
  })

  it('names weeks where they change, and weekdays as told', () => {
    expect(list().rows.flatMap(({ week, day }) => (week === null ? [] : [[day, week]]))).toEqual([
      ['1', 'W5'],
      ['2', 'W6'],
      ['9', 'W7'],
      ['16', 'W8'],
      ['23', 'W9'],
    ])
    expect(list({ weekdayFormat: 'full' }).rows[0]?.weekday).toBe('Sunday')
    expect(list({ weekdayFormat: 'narrow' }).rows[0]?.weekday).toBe('S')
  })

  it('shades Saturday and Sunday, whichever day the week begins with', () => {
    const shaded = list({ highlightWeekends: true, firstDayOfWeek: 'sunday' })
    const dates = shaded.rows.filter(({ isShaded }) => isShaded).map(({ day }) => day)
    expect(dates).toEqual(['1', '7', '8', '14', '15', '21', '22', '28'])
    expect(shaded.weekendColor).toBe('#F0F0F0')
    expect(list().rows.some(({ isShaded }) => isShaded)).toBe(false)
  })

  it.each([
    [{ showMonthHeader: true }, 'February'],
    [{ showMonthHeader: true, showYearInHeader: true }, 'February 2026'],
  ])('has a header by %j: %s', (members, header) => {
    expect(list(members).header).toBe(header)
  })

  it('links its rows, also to pages in sequence', () => {
    const january = { startDate: '2026-01-10', linkStrategy: 'named_destinations' }
    expect(partsOf(linked('day_list', january))).toHaveLength(31)
    const sequence = partsOf(linked('day_list', { ...january, linkStrategy: 'sequential_pages' }))
    expect(sequence.slice(0, 2)).toEqual([
      [0, 2],
      [1, 3],
    ])
  })
})
