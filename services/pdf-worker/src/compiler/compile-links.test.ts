import { describe, expect, it } from 'vitest'
import {
  anchor,
  compilation,
  compile,
  link,
  linksOn,
  plannerContent,
  section,
  widget,
} from '../../test/planner-content.ts'
import type { CompiledDocument } from './compiled.ts'

const january = { startDate: '2026-01-01', endDate: '2026-01-31' }

/** Days of January, each with an anchor and these widgets. */
const days = (...widgets: object[]) =>
  plannerContent({
    masters: { day: [anchor('day:{date}', 50), ...widgets] },
    sections: [section('days', { master: 'day', generate: 'each_day', ...january })],
  })
const pages = (count: number, ...widgets: object[]) =>
  plannerContent({
    masters: { page: [anchor('notes:page:{index_padded}'), ...widgets] },
    sections: [section('pages', { master: 'page', generate: 'count', count })],
  })

const targets = (document: CompiledDocument) =>
  document.pages.map(({ number }) => linksOn(document, number).map(({ target }) => target.page))
const warnings = (content: object) =>
  compile(content).warnings.map(({ code, page, target }) => [code, page, target])

describe('links', () => {
  it('lead to the top edge of the anchor, by its name', () => {
    const document = compile(days(link({ bind: 'day(@date_next)' })))
    expect(linksOn(document, 3)).toEqual([
      {
        widgetId: 'link',
        box: { x: 40, y: 40, width: 200, height: 100 },
        part: null,
        target: { page: 4, top: 50, destination: 'day:2026-01-04' },
      },
    ])
  })

  it('compare names without regard to case', () => {
    const widgets = [anchor('Home:Index'), link({ toDest: 'HOME:INDEX' })]
    const document = compile(plannerContent({ masters: { a: widgets }, sections: [section('a')] }))
    expect(document.navigation.namedDestinations).toEqual([{ name: 'home:index', page: 1, top: 0 }])
    expect(targets(document)).toEqual([[1]])
  })

  it('count from an index', () => {
    const document = compile(pages(3, link({ bind: 'notes(@index+1)' })))
    expect(targets(document)).toEqual([[2], [3], []])
  })

  it('take toDest before bind', () => {
    const both = { toDest: 'notes:page:001', bind: 'notes(2)' }
    expect(targets(compile(pages(2, link(both))))).toEqual([[1], [1]])
  })

  it('find the last of two anchors of one name', () => {
    const content = plannerContent({
      masters: { a: [anchor('x:1', 5), link({ toDest: 'x:1' })] },
      sections: [section('a'), section('b', { master: 'a' })],
    })
    expect(targets(compile(content))).toEqual([[2], [2]])
  })

  it('find anchors that are numbered by the page', () => {
    const content = plannerContent({
      masters: { a: [anchor('p:{page}'), link({ toDest: 'p:2' })] },
      sections: [section('a', { generate: 'count', count: 2 })],
    })
    expect(targets(compile(content))).toEqual([[2], [2]])
  })
})

describe('a link to a date outside the plan is dropped, also strictly', () => {
  it.each([
    { bind: 'day(@date_prev)' },
    { toDest: 'day:{date_prev}' },
    { toDest: 'month:{year_prev}-01' },
    { toDest: 'day:2025-12-31' },
    { bind: 'day(2026-02-01)' },
    { toDest: 'week:2026-W10' },
    { toDest: 'month:2026-02' },
    { toDest: 'year:2027' },
    { toDest: 'day:2026-02-01#notes' },
  ])('%j', (properties) => {
    const result = compilation(days(link(properties)), { strict: true })
    expect(result.status).toBe('compiled')
  })

  it('nor does a plan without dates have any', () => {
    const content = pages(1, link({ toDest: 'day:2026-01-01' }))
    expect(compilation(content, { strict: true }).status).toBe('compiled')
  })

  it('days are those that have pages of their own', () => {
    const content = plannerContent({
      masters: { month: [], day: [anchor('day:{date}'), link({ toDest: 'day:2026-03-01' })] },
      sections: [
        section('month', {
          generate: 'each_month',
          startDate: '2026-01-01',
          endDate: '2026-12-31',
        }),
        section('day', { generate: 'each_day', ...january }),
      ],
    })
    expect(compilation(content, { strict: true }).status).toBe('compiled')
  })
})

describe('any other link without a destination', () => {
  const dead = { toDest: 'notes:page:099' }

  it('is a warning that names widget, page and target', () => {
    expect(compile(pages(3, link(dead))).warnings).toEqual([
      {
        code: 'dead-link',
        pointer: '/masters/0/widgets/1/properties/toDest',
        widgetId: 'link',
        page: 1,
        target: 'notes:page:099',
        detail: 'page 1, internal_link "link": there is no destination "notes:page:099"',
      },
    ])
  })

  it('fails what is strict, with each of them', () => {
    const content = pages(3, link(dead), link({ bind: 'notes(@index+1)' }, 'next'))
    const result = compilation(content, { strict: true })
    expect(result.status === 'failed' && result.errors.map(({ target }) => target)).toEqual([
      'notes:page:099',
      'notes:page:004',
    ])
  })

  it.each([
    [{ toDest: 'day:2026-01-15' }, 'dead-link', 'day:2026-01-15'],
    [{ toDest: 'day:2026-01-40' }, 'dead-link', 'day:2026-01-40'],
    [{ bind: 'notes(@unknown)' }, 'bind-invalid', 'notes:@unknown'],
    [{}, 'destination-missing', null],
  ])('%j is %s', (properties, code, target) => {
    const content = plannerContent({
      masters: { day: [link(properties)] },
      sections: [section('day', { generate: 'each_day', ...january })],
    })
    expect(warnings(content)).toEqual([[code, 1, target]])
  })

  it('is told once for each target, and beyond a limit only counted', () => {
    const found = compile(pages(300, link({ toDest: 'x:@index' }))).warnings
    expect(found).toHaveLength(201)
    expect(found.at(-1)).toMatchObject({ code: 'more-findings', detail: 'and 100 more' })
  })
})

describe('anchors', () => {
  it('that come to no name are told, and make none', () => {
    const broken = anchor('{name}')
    const content = plannerContent({
      masters: { a: [broken, widget('anchor', { id: 'b' })] },
      sections: [section('a', { context: { name: 'ż' } })],
    })
    const document = compile(content)
    expect(document.navigation.namedDestinations).toEqual([])
    expect(document.warnings.map(({ code, widgetId }) => [code, widgetId])).toEqual([
      ['destination-invalid', 'anchor'],
      ['destination-missing', 'b'],
    ])
    expect(compilation(content, { strict: true }).status).toBe('failed')
  })
})

describe('tap zones', () => {
  const tapped = (properties: object) =>
    targets(compile(pages(3, widget('tap_zone', { properties: { ...properties } }))))

  it.each([
    [{ tapAction: 'next_page' }, [[2], [3], []]],
    [{ tapAction: 'prev_page' }, [[], [1], [2]]],
    [{ targetPage: 3 }, [[3], [3], [3]]],
    [{ targetPage: '@index' }, [[1], [2], [3]]],
    [{ targetPage: 'none' }, [[1], [2], [3]]],
    [{ targetPage: 99 }, [[], [], []]],
    [{ targetPage: 1.5 }, [[], [], []]],
    [{}, [[1], [2], [3]]],
    [{ toDest: 'notes:page:002', tapAction: 'prev_page' }, [[2], [2], [2]]],
    [{ toDest: '', tapAction: 'next_page' }, [[2], [3], []]],
    [{ bind: 'notes(@index)', outline: true }, [[1], [2], [3]]],
  ])('%j', (properties, expected) => {
    expect(tapped(properties)).toEqual(expected)
  })

  it('lead to a page, not to a destination', () => {
    const document = compile(
      pages(2, widget('tap_zone', { properties: { tapAction: 'next_page' } })),
    )
    expect(linksOn(document, 1)[0]?.target).toEqual({ page: 2, top: 0, destination: null })
  })

  it('of an action that is none, as tokens may make it, are told', () => {
    const content = pages(1, widget('tap_zone', { properties: { tapAction: '@index' } }))
    expect(warnings(content)).toEqual([['tap-action-unknown', 1, null]])
  })
})
