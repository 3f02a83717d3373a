import { describe, expect, it } from 'vitest'
import { normalisePlanner } from './normalise.ts'
import { checkPlanner } from './validate.ts'

const widget = {
  id: 'a',
  type: 'checkbox',
  position: { x: '1', y: 2, width: '30.5', height: 4 },
}
const withWidget = (members: object) => ({
  masters: [{ name: 'm', widgets: [{ ...widget, ...members }] }],
})
const withSection = (members: object) => ({
  masters: [{ name: 'm', widgets: [] }],
  plan: { sections: [{ kind: 's', master: 'm', generate: 'once', ...members }] },
})
const firstWidget = (members: object) =>
  normalisePlanner(withWidget(members)).masters[0]?.widgets[0]
const firstSection = (members: object) => normalisePlanner(withSection(members)).plan.sections[0]

describe('a planner with what was left out filled in', () => {
  it('is one without pages where nothing is said', () => {
    expect(checkPlanner({})).toEqual([])
    expect(normalisePlanner({})).toMatchObject({
      metadata: { deviceProfile: 'remarkable-2', category: 'planner', isPublic: false },
      masters: [],
      plan: { sections: [], order: [], locale: 'en', calendar: { pagesPerDay: 1 } },
      linkResolution: { mode: 'named_destinations', generateOutlines: true },
      defaultCanvas: { dimensions: null, background: '#FFFFFF' },
    })
  })

  it('takes numbers as text', () => {
    expect(firstWidget({ zOrder: '3' })).toMatchObject({
      position: { x: 1, y: 2, width: 30.5, height: 4 },
      zOrder: 3,
    })
    expect(firstSection({ count: '12', pagesPerItem: '2' })).toMatchObject({
      count: 12,
      pagesPerItem: 2,
    })
  })

  it('takes null and empty text as nothing said', () => {
    const nothing = { zOrder: null, backgroundColor: '', styling: null, properties: null }
    expect(firstWidget({ ...nothing, content: null })).toMatchObject({
      zOrder: 0,
      backgroundColor: null,
      content: '',
      styling: {},
      properties: {},
    })
    expect(firstWidget({ properties: { boxSize: '', checked: null } })?.properties).toEqual({})
    const silent = { startDate: '', endDate: null, count: null, nested: null, context: null }
    expect(firstSection(silent)).toMatchObject({
      startDate: null,
      endDate: null,
      count: 1,
      nested: [],
      context: {},
    })
  })

  it('has context as text, and counters from 1 in steps of 1', () => {
    const section = firstSection({
      context: { a: 'x', b: 5, c: null },
      counters: { n: {}, m: { start: '3', step: '0.5' }, k: null },
    })
    expect(section?.context).toEqual({ a: 'x', b: '5', c: '' })
    expect(section?.counters).toEqual({
      n: { start: 1, step: 1 },
      m: { start: 3, step: 0.5 },
      k: { start: 1, step: 1 },
    })
  })

  it('gives a day as many pages as the calendar says, where its section does not', () => {
    const plan = (members: object) =>
      normalisePlanner({
        plan: {
          calendar: { pagesPerDay: 2 },
          sections: [{ kind: 's', master: 'm', ...members }],
        },
      }).plan.sections[0]?.pagesPerItem
    expect(plan({ generate: 'each_day' })).toBe(2)
    expect(plan({ generate: 'each_day', pagesPerItem: 3 })).toBe(3)
    expect(plan({ generate: 'each_week' })).toBe(1)
  })

  it('has its sections in the order that they were listed in, unless it says another', () => {
    const sections = ['b', 'a'].map((kind) => ({ kind, master: 'm', generate: 'once' }))
    expect(normalisePlanner({ plan: { sections } }).plan.order).toEqual(['b', 'a'])
    const order = ['a', 'b', 'a']
    expect(normalisePlanner({ plan: { sections, order } }).plan.order).toEqual(order)
  })

  it('has a page of its own only where both sides are said', () => {
    const canvasOf = (dimensions: unknown) =>
      normalisePlanner({ defaultCanvas: { dimensions } }).defaultCanvas.dimensions
    expect(canvasOf({ width: '447.3', height: 596.4, margins: [36, '36', 36, 36] })).toEqual({
      width: 447.3,
      height: 596.4,
      margins: [36, 36, 36, 36],
    })
    expect(canvasOf({ width: 10, height: 10, margins: [1, 2] })).toMatchObject({ margins: null })
    expect(canvasOf({ width: 447.3 })).toBeNull()
    expect(canvasOf('large')).toBeNull()
  })

  it('changes nothing the second time', () => {
    const once = normalisePlanner({
      ...withWidget({ properties: { boxSize: '9' }, styling: { fontSize: 8 } }),
      plan: { calendar: { startDate: '2026-01-01' }, sections: [{ kind: 'a', nested: [{}] }] },
    })
    expect(normalisePlanner(once)).toEqual(once)
  })

  it.each([null, 7, 'text', [], { masters: 7, plan: [] }, { masters: [null, { widgets: [7] }] }])(
    'is made of anything: %j',
    (content) => {
      expect(normalisePlanner(content).plan.locale).toBe('en')
    },
  )
})
