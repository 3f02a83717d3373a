import { describe, expect, it } from 'vitest'
import { anchor, compile, plannerContent, section } from '../../test/planner-content.ts'
import type { OutlineEntry } from './compiled.ts'

const range = { startDate: '2026-01-26', endDate: '2026-02-03' }

type Titles = string | [string, ...Titles[]]
const titled = ({ title, children }: OutlineEntry): Titles =>
  children.length === 0 ? title : [title, ...children.map(titled)]

function outlineOf(
  masters: Readonly<Record<string, readonly object[]>>,
  sections: readonly object[],
  linkResolution = {},
) {
  return compile(plannerContent({ masters, sections, linkResolution })).navigation.outlines
}
const titlesOf = (...given: Parameters<typeof outlineOf>) => outlineOf(...given).map(titled)

describe('the outline', () => {
  const home = { home: [anchor('home:index')] }
  const month = { month: [anchor('month:{year}-{month_padded}')] }

  it('begins with the index, and has each year with its months below it, then the notes', () => {
    const masters = {
      ...home,
      ...month,
      year: [anchor('year:2026')],
      note: [anchor('notes:page:{index_padded}')],
    }
    const sections = [
      section('home'),
      section('year'),
      section('month', { generate: 'each_month', ...range }),
      section('note', { generate: 'count', count: 3 }),
    ]
    expect(titlesOf(masters, sections)).toEqual(['Index', ['2026', '2026-01', '2026-02'], 'Notes'])
    expect(outlineOf(masters, sections).map(({ page }) => page)).toEqual([1, 2, 5])
  })

  it('has weeks in months and days in weeks, four deep', () => {
    const masters = { ...month, week: [anchor('week:@iso_week')], day: [anchor('day:@date')] }
    const days = section('day', { generate: 'each_day' })
    const weeks = section('week', { generate: 'each_week', nested: [days] })
    const sections = [section('month', { generate: 'each_month', ...range, nested: [weeks] })]
    expect(titlesOf(masters, sections)).toEqual([
      [
        '2026',
        [
          '2026-01',
          [
            '2026-W05',
            '2026-01-26',
            '2026-01-27',
            '2026-01-28',
            '2026-01-29',
            '2026-01-30',
            '2026-01-31',
          ],
        ],
        ['2026-02', '2026-02-01', ['2026-W06', '2026-02-02', '2026-02-03']],
      ],
    ])
  })

  it('leads a year or month without a page of its own to the first in it', () => {
    const days = section('day', { generate: 'each_day', ...range })
    const [year] = outlineOf({ day: [anchor('day:@date', 30)] }, [days])
    expect(year).toMatchObject({ title: '2026', page: 1, top: 30 })
    expect(year?.children.map(({ page }) => page)).toEqual([1, 7])
  })

  it('has the sections that none of this leads into, with their items', () => {
    const habit = (kind: string, nested: object[] = []) =>
      section(kind, { master: 'plain', generate: 'count', count: 2, nested })
    const sections = [
      section('home'),
      section('about', { master: 'plain' }),
      habit('a', [habit('b', [habit('c', [habit('d')])])]),
    ]
    const fourth = (title: string) => [`b ${title}`, 'c 1', 'c 2'] as [string, ...string[]]
    expect(titlesOf({ ...home, plain: [] }, sections)).toEqual([
      'Index',
      'about',
      ['a', ['a 1', fourth('1'), fourth('2')], ['a 2', fourth('1'), fourth('2')]],
    ])
  })

  it('names the items of dated sections after their dates', () => {
    const plain = (generate: string) => section(generate, { master: 'plain', generate, ...range })
    const sections = [plain('each_month'), plain('each_week')]
    expect(titlesOf({ plain: [] }, sections)).toEqual([
      ['each_month', '2026-01', '2026-02'],
      ['each_week', '2026-W05', '2026-W06'],
    ])
  })

  it('is left out where the project says so', () => {
    expect(titlesOf(home, [section('home')], { generateOutlines: false })).toEqual([])
  })
})
