import { describe, expect, it } from 'vitest'
import { compile, plannerContent, section, text, textsOf } from '../../test/planner-content.ts'

const january = { startDate: '2026-01-01', endDate: '2026-01-31' }
const twoMonths = { startDate: '2026-01-01', endDate: '2026-02-28' }

/** What the text says on each page of a plan in which every section shows it. */
function said(content: string, sections: readonly object[], plan: object = {}) {
  const masters = { page: [text(content)] }
  return textsOf(compile(plannerContent({ masters, sections, ...plan })))
}
const onPage = (kind: string, members: object = {}) => section(kind, { master: 'page', ...members })
const days = (members: object = january) => onPage('days', { generate: 'each_day', ...members })
const months = (members: object = {}) => onPage('months', { generate: 'each_month', ...members })
const weeks = (members: object = {}) => onPage('weeks', { generate: 'each_week', ...members })
const count = (members: object = {}) => onPage('count', { generate: 'count', ...members })

describe('tokens of dates', () => {
  const all =
    '{date}|{date_long}|{year}|{month}|{month_padded}|{month_padded3}|{month_name}|{day}|' +
    '{day_padded}|{weekday}|{week}'

  it('say everything of a day', () => {
    expect(said(all, [days({ startDate: '2026-01-01', endDate: '2026-01-01' })])).toEqual([
      '2026-01-01|Thursday, January 1, 2026|2026|1|01|001|January|1|01|Thursday|1',
    ])
  })

  it('of a week are those of its Monday, also before the start', () => {
    const week = weeks({ startDate: '2026-01-01', endDate: '2026-01-05' })
    expect(said('{date} {week} {iso_week}', [week])).toEqual([
      '2025-12-29 1 2026-W01',
      '2026-01-05 2 2026-W02',
    ])
  })

  it('of a month are those of its first', () => {
    const month = months({ startDate: '2026-01-15', endDate: '2026-02-01' })
    expect(said('{date} {month_name}', [month])).toEqual([
      '2026-01-01 January',
      '2026-02-01 February',
    ])
  })

  it('number the weeks of a year that has 53', () => {
    const week = weeks({ startDate: '2026-12-21', endDate: '2027-01-08' })
    expect(said('{iso_week}', [week])).toEqual(['2026-W52', '2026-W53', '2027-W01'])
    expect(said('{week}', [days({ startDate: '2027-01-03', endDate: '2027-01-04' })])).toEqual([
      '53',
      '1',
    ])
  })

  it('have the 29th of February in leap years', () => {
    const leap = days({ startDate: '2024-02-28', endDate: '2024-03-01' })
    expect(said('{day}', [leap])).toEqual(['28', '29', '1'])
  })

  it('name neighbours, and on the first and last item none', () => {
    const three = days({ startDate: '2026-12-30', endDate: '2027-01-01' })
    expect(said('{date_prev}>{date_next}', [three])).toEqual([
      '>2026-12-31',
      '2026-12-30>2027-01-01',
      '2026-12-31>',
    ])
    const next = '{month_prev}|{month_next}|{year_prev}|{year_next}|{week_prev}|{week_next}'
    expect(said(next, [three])[1]).toBe('11|1|2025|2027|52|')
    expect(said(next, [three])[0]).toBe('|1||2027||')
  })

  it('name the neighbours of weeks across years', () => {
    const week = weeks({ startDate: '2026-12-21', endDate: '2027-01-08' })
    expect(said('{iso_week_prev}>{iso_week_next}', [week])).toEqual([
      '>2026-W53',
      '2026-W52>2027-W01',
      '2026-W53>',
    ])
  })

  it('step by a day in weeks and months too', () => {
    const month = months({ startDate: '2026-01-01', endDate: '2026-03-31' })
    expect(said('{date_prev} {date_next}', [month])[1]).toBe('2026-01-31 2026-02-02')
  })
})

describe('tokens of all sections', () => {
  it('count the pages of an item', () => {
    expect(said('{subpage}', [count({ count: 2, pagesPerItem: 2 })])).toEqual(['1', '2', '1', '2'])
  })

  it('number items, with three digits too, and say how many there are', () => {
    expect(said('{index}/{index_padded}/{total}', [count({ count: 2 })])).toEqual([
      '1/001/2',
      '2/002/2',
    ])
    expect(said('{index}/{total}', [onPage('a')])).toEqual(['1/1'])
    expect(said('{index}', [days({ startDate: '2026-01-10', endDate: '2026-01-11' })])).toEqual([
      '1',
      '2',
    ])
  })

  it('number what stands once inside an item as that item is', () => {
    const sections = [count({ count: 2, nested: [onPage('a')] })]
    expect(said('{index}', sections)).toEqual(['1', '1', '2', '2'])
  })

  it('say the locale as it was written', () => {
    expect(said('{locale}', [onPage('a')], { locale: 'pl-PL' })).toEqual(['pl-PL'])
  })

  it('say what the section names, over what its dates say', () => {
    const first = days({ ...january, endDate: '2026-01-01', context: { month: 'M', b: 5 } })
    expect(said('{month}{b}{day}', [first])).toEqual(['M51'])
    const nested = months({ ...january, context: { day: 'D' }, nested: [days({})] })
    expect(said('{day}', [nested])[1]).toBe('D')
  })

  it('count up from the start in steps, without decimals that say nothing', () => {
    const counters = { n: { start: 10, step: 5 }, m: { start: 0.5, step: 0.5 } }
    expect(said('{n} {m}', [count({ count: 3, counters })])).toEqual(['10 0.5', '15 1', '20 1.5'])
  })

  it('have the same counters on all pages of an item, and begin again in each item around it', () => {
    const counted = count({ count: 2, pagesPerItem: 2, counters: { n: {} } })
    const sections = [onPage('a', { generate: 'count', count: 2, nested: [counted] })]
    expect(said('{n}', sections)).toEqual(['', '1', '1', '2', '2', '', '1', '1', '2', '2'])
  })

  it('know no counter before the first, nor after the last; what stands once has both', () => {
    const counters = { n: {} }
    expect(said('{n_prev}-{n_next}', [count({ count: 2, counters })])).toEqual(['-2', '1-'])
    expect(said('{n_prev}-{n_next}', [onPage('a', { counters })])).toEqual(['0-2'])
  })

  it('are filled in once: what a value says is not read again', () => {
    expect(said('{a}', [onPage('a', { context: { a: '@b {b}', b: 'x' } })])).toEqual(['@b '])
  })

  it('may be written with @, with a format, or be none', () => {
    const day = days({ startDate: '2026-02-03', endDate: '2026-02-03' })
    expect(said('@month:02d @day {month:02d} @nothing a@month.com {{month}}', [day])).toEqual([
      '02 3 02 @nothing a2.com {2}',
    ])
    expect(said('{month_name:.3} {month:x} {month_name:02d}', [day])).toEqual(['Feb 2 February'])
  })
})

describe('tokens of the document', () => {
  it('number its pages', () => {
    const sections = [count({ count: 2 }), onPage('a')]
    expect(said('{page} of {total_pages}', sections)).toEqual(['1 of 3', '2 of 3', '3 of 3'])
    expect(said('{page:03d} {page:x} {unknown}!', [onPage('a')])).toEqual(['001  !'])
  })
})

describe('sections', () => {
  it('come in the order of the plan, one named twice twice', () => {
    const sections = [onPage('a', { context: { k: 'a' } }), onPage('b', { context: { k: 'b' } })]
    expect(said('{k}', sections, { order: ['b', 'a', 'b'] })).toEqual(['b', 'a', 'b'])
  })

  it('have their own pages before those nested in them, item by item', () => {
    const nested = [count({ count: 2, context: { k: 'c' } }), onPage('n', { context: { l: 'n' } })]
    const sections = [months({ ...twoMonths, nested })]
    expect(said('{month}{k}{l}', sections)).toEqual(['1', '1c', '1c', '1n', '2', '2c', '2c', '2n'])
  })

  it('repeat within the item that they are nested in', () => {
    const sections = [months({ ...twoMonths, nested: [days({})] })]
    const texts = said('{date}', sections)
    expect(texts).toHaveLength(2 + 31 + 28)
    expect(texts.slice(0, 3)).toEqual(['2026-01-01', '2026-01-01', '2026-01-02'])
    expect(texts.slice(31, 34)).toEqual(['2026-01-31', '2026-02-01', '2026-02-01'])
  })

  it('keep to their own dates within that item', () => {
    const nested = [days({ startDate: '2026-01-30', endDate: '2026-02-02' })]
    const texts = said('{date}', [months({ ...twoMonths, nested })])
    expect(texts).toEqual([
      '2026-01-01',
      '2026-01-30',
      '2026-01-31',
      '2026-02-01',
      '2026-02-01',
      '2026-02-02',
    ])
  })

  it('know their neighbours beyond the item around them', () => {
    const texts = said('{date_prev}>{date_next}', [months({ ...twoMonths, nested: [days({})] })])
    expect(texts[31]).toBe('2026-01-30>2026-02-01')
    expect(texts[33]).toBe('2026-01-31>2026-02-02')
    expect(texts[1]).toBe('>2026-01-02')
    expect(texts.at(-1)).toBe('2026-02-27>')
  })

  it('nest month, week and day, and no day twice', () => {
    const nested = [weeks({ nested: [days({})] })]
    const texts = said('{subpage}{date}', [months({ ...twoMonths, nested })])
    expect(texts).toHaveLength(2 + 10 + 59)
  })

  it('take the dates of the calendar where they have none', () => {
    expect(said('{date}', [days({})], { calendar: january })).toHaveLength(31)
    const from = days({ startDate: '2026-01-30' })
    expect(said('{date}', [from], { calendar: january })).toEqual(['2026-01-30', '2026-01-31'])
  })

  it('end before they start, and make no pages', () => {
    const none = days({ startDate: '2026-01-02', endDate: '2026-01-01' })
    expect(said('x', [none, onPage('a')])).toEqual(['x'])
  })
})

describe('names of months and weekdays', () => {
  it.each([
    ['en', 'Thursday, January 1, 2026', 'January', 'Thursday'],
    ['pl', 'Czwartek, 1 styczeń 2026', 'styczeń', 'czwartek'],
    ['de', 'Donnerstag, 1 Januar 2026', 'Januar', 'Donnerstag'],
    ['fr', 'Jeudi, 1 janvier 2026', 'janvier', 'jeudi'],
    ['es', 'Jueves, 1 enero 2026', 'enero', 'jueves'],
    ['it', 'Giovedì, 1 gennaio 2026', 'gennaio', 'giovedì'],
    ['ja', '2026年1月1日木曜日', '1月', '木曜日'],
    ['zh', '2026年1月1日星期四', '一月', '星期四'],
    ['uk', 'Четвер, 1 січень 2026', 'січень', 'четвер'],
    ['pl_PL', 'Czwartek, 1 styczeń 2026', 'styczeń', 'czwartek'],
    ['ZH-Hans', '2026年1月1日星期四', '一月', '星期四'],
    ['sv', 'Thursday, January 1, 2026', 'January', 'Thursday'],
  ])('in %s', (locale, long, month, weekday) => {
    const day = days({ startDate: '2026-01-01', endDate: '2026-01-01' })
    expect(said('{date_long}|{month_name}|{weekday}', [day], { locale })).toEqual([
      `${long}|${month}|${weekday}`,
    ])
  })
})
