import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { plannerLimits } from './limits.ts'
import { PlannerContent } from './project.ts'
import { assetIdsOf, checkPlanner } from './validate.ts'
import { widgetTypes } from './widget-fields.ts'

const position = { x: 0, y: 0, width: 10, height: 10 }
const widgetOf = (type: string, members: object = {}) => ({ id: 'w', type, position, ...members })
const withWidgets = (...widgets: unknown[]) => ({ masters: [{ name: 'm', widgets }] })
const withPlan = (plan: object) => ({ masters: [{ name: 'm', widgets: [] }], plan })
const sectionOf = (members: object = {}) => ({
  kind: 's',
  master: 'm',
  generate: 'once',
  ...members,
})
const withSections = (...sections: object[]) => withPlan({ sections })

const faultsOf = (content: unknown) =>
  checkPlanner(content).map(({ pointer, code }) => `${code} ${pointer}`)
const properties = (type: string, members: object) =>
  faultsOf(withWidgets(widgetOf(type, { properties: members })))

describe('content without faults', () => {
  it.each(widgetTypes)('may hold a %s of which nothing but its place is said', (type) => {
    const content = withWidgets(widgetOf(type))
    expect(faultsOf(content)).toEqual([])
    expect(Value.Check(PlannerContent, content)).toBe(true)
  })

  it('may say more than is known', () => {
    const widget = widgetOf('box', { page: 1, locked: true, properties: { glow: 3 } })
    expect(faultsOf({ ...withWidgets(widget), theme: 'x' })).toEqual([])
  })

  it('may say numbers as text, and nothing with empty text and null', () => {
    const content = {
      metadata: null,
      masters: [
        {
          name: 'm',
          description: null,
          widgets: [
            widgetOf('text_block', {
              position: { x: '1', y: '2', width: '3', height: '4' },
              content: null,
              styling: { size: '9', color: '', textAlign: null },
              properties: '',
              backgroundColor: null,
              zOrder: '',
            }),
          ],
        },
      ],
      plan: {
        calendar: null,
        sections: [sectionOf({ startDate: '', count: '', nested: null, counters: null })],
        order: null,
      },
    }
    expect(faultsOf(content)).toEqual([])
  })

  it('may leave values to tokens', () => {
    expect(
      properties('link_list', { highlightColor: '{color}', highlightIndex: '@month' }),
    ).toEqual([])
    expect(properties('tap_zone', { tapAction: '@action' })).toEqual([])
  })
})

describe('faults of widgets', () => {
  it.each([
    [{ id: 'a b' }, ['wrong-format /masters/0/widgets/0/id']],
    [{ id: '' }, ['required /masters/0/widgets/0/id']],
    [{ id: 7 }, ['wrong-type /masters/0/widgets/0/id']],
    [{ type: 'circle' }, ['not-allowed /masters/0/widgets/0/type']],
    [{ type: null }, ['required /masters/0/widgets/0/type']],
    [{ type: 'constructor' }, ['not-allowed /masters/0/widgets/0/type']],
    [{ position: null }, ['wrong-type /masters/0/widgets/0/position']],
    [
      { position: { x: -1, y: 0, width: 0, height: 20_000 } },
      [
        'too-small /masters/0/widgets/0/position/x',
        'too-small /masters/0/widgets/0/position/width',
        'too-large /masters/0/widgets/0/position/height',
      ],
    ],
    [
      { position: { x: 'left', y: 0, width: 1 } },
      [
        'wrong-type /masters/0/widgets/0/position/x',
        'required /masters/0/widgets/0/position/height',
      ],
    ],
    [{ content: {} }, ['wrong-type /masters/0/widgets/0/content']],
    [{ content: 'x'.repeat(20_001) }, ['too-long /masters/0/widgets/0/content']],
    [{ backgroundColor: 'red' }, ['wrong-format /masters/0/widgets/0/backgroundColor']],
    [{ styling: [] }, ['wrong-type /masters/0/widgets/0/styling']],
    [{ styling: { color: '#abc' } }, ['wrong-format /masters/0/widgets/0/styling/color']],
    [{ styling: { fontColor: 'red' } }, ['wrong-format /masters/0/widgets/0/styling/color']],
    [{ background_color: '#ffffff' }, ['wrong-spelling /masters/0/widgets/0/background_color']],
  ])('%j', (members, faults) => {
    expect(faultsOf(withWidgets(widgetOf('text_block', members)))).toEqual(faults)
  })

  it.each([
    ['internal_link', { bind: 'day(' }, 'bind-syntax', 'bind'],
    ['internal_link', { toDest: 'two words' }, 'wrong-format', 'toDest'],
    ['anchor', { destId: 'a/b' }, 'wrong-format', 'destId'],
    ['anchor', { dest_id: 'ab' }, 'wrong-spelling', 'dest_id'],
    ['tap_zone', { tapAction: 'jump' }, 'not-allowed', 'tapAction'],
    ['link_list', { labels: ['a', 'b'], destinations: ['x1'] }, 'lengths-differ', 'destinations'],
    ['link_list', { labels: ['a'], destinations: ['x y'] }, 'wrong-format', 'destinations/0'],
    ['image', { imageData: 'data:image/png;base64,AAAA' }, 'not-an-asset', 'imageData'],
    ['image', { assetId: 'picture.png' }, 'wrong-format', 'assetId'],
    ['table', { headerColor: 'red' }, 'wrong-format', 'headerColor'],
    ['box', { opacity: '0.5', corner_radius: 3 }, 'wrong-spelling', 'corner_radius'],
  ])('of a %s: %j', (type, members, code, field) => {
    expect(properties(type, members)).toEqual([`${code} /masters/0/widgets/0/properties/${field}`])
  })

  it('are told for each master by itself', () => {
    const widgets = [widgetOf('box'), widgetOf('box')]
    const masters = [
      { name: 'm', widgets },
      { name: 'm', widgets: [widgetOf('box')] },
      { name: '' },
      7,
    ]
    expect(faultsOf({ masters })).toEqual([
      'duplicate /masters/0/widgets/1/id',
      'duplicate /masters/1/name',
      'required /masters/2/name',
      'required /masters/2/widgets',
      'wrong-type /masters/3',
    ])
  })
})

describe('faults of the plan', () => {
  const dates = { startDate: '2026-01-01', endDate: '2026-01-31' }

  it.each([
    [{ kind: '' }, ['required /plan/sections/0/kind']],
    [{ master: 'x' }, ['unknown-master /plan/sections/0/master']],
    [{ generate: 'daily' }, ['not-allowed /plan/sections/0/generate']],
    [{ startDate: '2026-02-30' }, ['wrong-format /plan/sections/0/startDate']],
    [{ startDate: 20260101 }, ['wrong-format /plan/sections/0/startDate']],
    [{ count: [1, 2] }, ['wrong-type /plan/sections/0/count']],
    [{ count: 1.5 }, ['wrong-type /plan/sections/0/count']],
    [{ count: -1 }, ['too-small /plan/sections/0/count']],
    [{ count: 1e9 }, ['too-large /plan/sections/0/count']],
    [{ pagesPerItem: 1e9 }, ['too-large /plan/sections/0/pagesPerItem']],
    [{ start_date: '2026-01-01' }, ['wrong-spelling /plan/sections/0/start_date']],
    [{ context: { 'a b': 1 } }, ['wrong-format /plan/sections/0/context/a b']],
    [{ context: { a: {} } }, ['wrong-type /plan/sections/0/context/a']],
    [{ context: { a: 'x'.repeat(2_001) } }, ['too-long /plan/sections/0/context/a']],
    [{ counters: { '1n': {} } }, ['wrong-format /plan/sections/0/counters/1n']],
    [
      { generate: 'each_day' },
      ['required /plan/sections/0/startDate', 'required /plan/sections/0/endDate'],
    ],
    [
      { generate: 'each_day', startDate: '1900-01-01', endDate: '2026-01-01' },
      ['too-large /plan/sections/0/endDate'],
    ],
  ])('%j', (members, faults) => {
    expect(faultsOf(withSections(sectionOf(members)))).toEqual(faults)
  })

  it('do not count a section without dates that the calendar or an item around it dates', () => {
    const days = sectionOf({ generate: 'each_day' })
    expect(faultsOf(withPlan({ calendar: dates, sections: [days] }))).toEqual([])
    const months = sectionOf({ kind: 'm', generate: 'each_month', ...dates, nested: [days] })
    expect(faultsOf(withSections(months))).toEqual([])
  })

  it('count an end before the start as none: it makes no pages', () => {
    const turned = { startDate: dates.endDate, endDate: dates.startDate }
    expect(faultsOf(withSections(sectionOf({ generate: 'each_day', ...turned })))).toEqual([])
  })

  it('tell a kind that another section has, at whatever depth', () => {
    const nested = [sectionOf({ kind: 'a' })]
    expect(
      faultsOf(withSections(sectionOf({ kind: 'a' }), sectionOf({ kind: 'b', nested }))),
    ).toEqual(['duplicate /plan/sections/1/nested/0/kind'])
  })

  it('tell more than three levels below the top', () => {
    const deep = ['d', 'c', 'b', 'a'].reduce<object[]>(
      (nested, kind) => [sectionOf({ kind, nested })],
      [],
    )
    expect(faultsOf(withSections(...deep))).toEqual([])
    expect(faultsOf(withSections(sectionOf({ kind: 'top', nested: deep })))).toEqual([
      'nested-too-deep /plan/sections/0/nested/0/nested/0/nested/0/nested',
    ])
  })

  it.each([
    [{ context: { n: 1 } }, { context: { n: 2 } }, 'context/n'],
    [{ context: { n: 1 } }, { counters: { n: {} } }, 'counters/n'],
    [{ counters: { n: {} } }, { context: { n_next: 2 } }, 'context/n_next'],
  ])('tell a child that shadows: %j around %j', (outer, inner, field) => {
    const nested = [sectionOf({ kind: 'b', ...inner })]
    expect(faultsOf(withSections(sectionOf({ kind: 'a', ...outer, nested })))).toEqual([
      `shadows /plan/sections/0/nested/0/${field}`,
    ])
  })

  it('do not count siblings that say the same name', () => {
    const named = (kind: string) => sectionOf({ kind, context: { n: 1 } })
    expect(faultsOf(withSections(named('a'), named('b')))).toEqual([])
  })

  it('tell an order that does not name exactly the top level', () => {
    const sections = [sectionOf({ kind: 'a' }), sectionOf({ kind: 'b' })]
    expect(faultsOf(withPlan({ sections, order: ['a', 'b', 'a'] }))).toEqual([])
    expect(faultsOf(withPlan({ sections, order: ['a', 'c'] }))).toEqual([
      'unknown-kind /plan/order/1',
      'missing-kind /plan/order',
    ])
  })
})

describe('content that is made to do harm', () => {
  it('is told within limits', () => {
    const many = (count: number, of: (index: number) => unknown) =>
      Array.from({ length: count }, (_, index) => of(index))
    const { widgetsOfMasterMax, mastersMax, sectionsMax, faultsMax } = plannerLimits
    const widgets = many(widgetsOfMasterMax + 1, (index) => ({
      ...widgetOf('box'),
      id: `w${index}`,
    }))
    expect(faultsOf(withWidgets(...widgets))).toEqual(['too-many /masters/0/widgets'])
    const masters = many(mastersMax + 1, (index) => ({ name: `m${index}`, widgets: [] }))
    expect(faultsOf({ masters })).toEqual(['too-many /masters'])
    const sections = many(sectionsMax + 1, (index) => sectionOf({ kind: `s${index}` }))
    expect(faultsOf(withPlan({ sections }))).toEqual(['too-many /plan/sections'])
    expect(faultsOf(withWidgets(...many(2_000, () => 7)))).toHaveLength(faultsMax)
  })

  it('does not lead deep into what it nests', () => {
    let nested: object[] = []
    for (let depth = 0; depth < 100_000; depth++) nested = [{ nested }]
    expect(checkPlanner(withPlan({ sections: nested })).length).toBeGreaterThan(0)
    let value: unknown = {}
    for (let depth = 0; depth < 100_000; depth++) value = [value]
    expect(checkPlanner({ ...withWidgets(widgetOf('box', { glow: value })), more: value })).toEqual(
      [],
    )
    expect(properties('table', { tableData: value }).length).toBeGreaterThanOrEqual(0)
  })

  it.each([null, undefined, 7, 'text', []])('is no planner: %j', (content) => {
    expect(checkPlanner(content)).toHaveLength(1)
  })
})

it('the assets of a planner are those of its images and fonts', () => {
  const id = (letter: string) => `ast_${letter.repeat(32)}`
  const content = withWidgets(
    widgetOf('image', { properties: { assetId: id('a') } }),
    widgetOf('image', { properties: { assetId: id('a') } }),
    widgetOf('box', { properties: { assetId: id('b') } }),
    widgetOf('text_block', { styling: { font: id('c') } }),
    widgetOf('image', { properties: { assetId: 'nothing' } }),
  )
  expect(assetIdsOf(content)).toEqual([id('a'), id('c')])
  expect(assetIdsOf({ masters: [null, { widgets: 7 }, { widgets: [null] }] })).toEqual([])
  expect(assetIdsOf(null)).toEqual([])
})
