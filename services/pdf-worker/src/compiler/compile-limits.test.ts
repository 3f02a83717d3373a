import { describe, expect, it } from 'vitest'
import { checkPlanner } from '@atrium/contracts/planner/validate.ts'
import {
  anchor,
  compilation,
  compile,
  link,
  linksOn,
  plannerContent,
  section,
  text,
  widget,
} from '../../test/planner-content.ts'

const many = <Item>(count: number, of: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => of(index))
const repeated = (count: number, widgets: readonly object[], members: object = {}) =>
  plannerContent({
    masters: { page: widgets },
    sections: [section('page', { generate: 'count', count, ...members })],
  })

describe('a document that would grow too large is not compiled', () => {
  it('told by the exact number of its pages', () => {
    expect(compilation(repeated(1_001, []))).toEqual({
      status: 'too-large',
      code: 'too-many-pages',
      limit: 1_000,
      pages: 1_001,
    })
    expect(compilation(repeated(3, []), { pagesMax: 2 })).toMatchObject({ limit: 2, pages: 3 })
  })

  it('nor one without a page', () => {
    expect(compilation({})).toEqual({ status: 'empty' })
    expect(compilation(repeated(0, []))).toEqual({ status: 'empty' })
  })

  it('by its widgets on all pages together', () => {
    const content = repeated(
      1_000,
      many(1_001, (index) => text('', `t${index}`)),
    )
    expect(compilation(content)).toMatchObject({ status: 'too-large', code: 'too-many-widgets' })
  })

  it('by the cells of its tables', () => {
    const table = (index: number) =>
      widget('table', {
        id: `t${index}`,
        properties: {
          rows: 100,
          columns: 20,
          linkTemplate: '{page}',
          highlight: '@index',
          tableData: [['@index']],
        },
      })
    expect(compilation(repeated(100, many(20, table)))).toMatchObject({ code: 'too-many-parts' })
  })

  it('by its links', () => {
    const calendar = (index: number) =>
      widget('calendar', {
        id: `c${index}`,
        properties: { startDate: '2026-01', linkStrategy: 'simple' },
      })
    expect(compilation(repeated(1_000, many(20, calendar)))).toMatchObject({
      code: 'too-many-links',
    })
  })

  it('by one text that tokens make long', () => {
    const bomb = '{a}'.repeat(6_000)
    const content = repeated(1, [text(bomb)], { context: { a: 'x'.repeat(2_000) } })
    expect(compilation(content)).toMatchObject({ code: 'too-much-text', limit: 100_000 })
  })

  it('by all its texts together', () => {
    const texts = many(100, (index) => text('{a}'.repeat(40), `t${index}`))
    const content = repeated(100, texts, { context: { a: 'x'.repeat(2_000) } })
    expect(compilation(content)).toMatchObject({ code: 'too-much-text', limit: 20_000_000 })
  })
})

describe('content that is made to do harm compiles to what it says', () => {
  it('tokens that name tokens are not read again', () => {
    const context = { a: '{b}{b}', b: '{a}{a}' }
    const document = compile(repeated(1, [widget('checkbox', { content: '{a}' })], { context }))
    expect(document.pages[0]?.layers).toMatchObject([{ widgets: [{ label: '{b}{b}' }] }])
  })

  it('names that every object has are nothing', () => {
    const content = repeated(1, [
      widget('checkbox', { content: '{constructor} @__proto__ {toString}' }),
      widget('link_list', {
        properties: JSON.parse('{"__proto__":{"labels":["x"]},"constructor":1}') as Record<
          string,
          unknown
        >,
      }),
    ])
    expect(compile(content).pages[0]?.layers).toMatchObject([
      { widgets: [{ label: '{constructor} @__proto__ {toString}' }, { items: [] }] },
    ])
  })

  it('lists within lists within lists are nothing', () => {
    let nested: unknown = '{index}'
    for (let depth = 0; depth < 50_000; depth++) nested = [nested]
    const properties = {
      rows: 1,
      columns: 1,
      tableData: nested,
      columnWidths: nested,
      other: nested,
    }
    const document = compile(repeated(2, [widget('table', { content: '{index}', properties })]))
    expect(document.pages).toHaveLength(2)
  })

  it('values of every wrong kind are as if nothing was said', () => {
    const fields = [
      'lineCount',
      'columns',
      'labels',
      'startDate',
      'rows',
      'tableData',
      'size',
      'bind',
    ]
    for (const value of [
      null,
      '',
      'rubbish',
      -1e308,
      1e308,
      '1e999',
      true,
      [],
      {},
      [[[]]],
      [null],
    ]) {
      const members = Object.fromEntries(fields.map((field) => [field, value]))
      const types = [
        'text_block',
        'lines',
        'dot_grid',
        'link_list',
        'calendar',
        'day_list',
        'table',
      ] as const
      const content = repeated(
        1,
        types.map((type) => widget(type, { properties: members, styling: members })),
      )
      if (checkPlanner(content).length === 0) expect(compilation(content).status).toBe('compiled')
    }
  })

  it('dates at both ends of time have their neighbours', () => {
    for (const date of ['0001-01-01', '9999-12-31']) {
      const range = { generate: 'each_day', startDate: date, endDate: date }
      const shown = [
        text('{date_prev}{iso_week}'),
        widget('calendar', { properties: { startDate: '{date}' } }),
      ]
      expect(
        compilation(
          plannerContent({ masters: { page: shown }, sections: [section('page', range)] }),
        ).status,
      ).toBe('compiled')
    }
  })
})

describe('one page alone', () => {
  const content = repeated(5, [
    anchor('p:{index}'),
    link({ bind: 'p(@index+1)' }),
    text('{page}/{total_pages}'),
  ])

  it('is what it is among all of them', () => {
    const whole = compile(content)
    const third = compile(content, { onlyPage: 3 })
    expect(third.pages.map(({ number }) => number)).toEqual([3])
    expect(third.navigation).toEqual(whole.navigation)
    expect(linksOn(third, 3)).toEqual(linksOn(whole, 3))
    expect(third.pages[0]?.layers).toMatchObject([
      { widgets: [{ type: 'internal_link' }, { text: '3/5' }] },
    ])
  })

  it('that there is not is none', () => {
    expect(compile(content, { onlyPage: 9 }).pages).toEqual([])
  })
})
