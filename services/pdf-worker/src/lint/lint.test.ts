import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { checkPlanner } from '@atrium/contracts/planner/validate.ts'
import type { WidgetType } from '@atrium/contracts/planner/widget-fields.ts'
import { testSeed } from '@atrium/platform/testkit/random.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plannerArbitrary } from '../../test/planner-arbitrary.ts'
import {
  demand,
  onePage,
  otherDevice,
  widget,
  type WidgetSaid,
} from '../../test/planner-content.ts'
import { devices } from '@atrium/contracts/planner/devices.ts'
import { fixPlanner, lintPlanner } from './lint.ts'

/** 447.3 by 596.4 points, margins of 36, no colours, type from 10, strokes from .75, touch 30. */
const remarkable = otherDevice('remarkable-2')
const paperPro = otherDevice('remarkable-paper-pro')

const inside = [40, 40, 200, 200] as const
const contentOf = (type: WidgetType, said: WidgetSaid = {}) =>
  onePage([widget(type, { at: inside, ...said })])

const told = (content: object, device = remarkable) =>
  lintPlanner(content, device).map(({ rule, value, limit }) => [rule, value, limit])
const toldOf = (...given: Parameters<typeof contentOf>) => told(contentOf(...given))
const fixedOf = (content: object) => {
  const { content: fixed } = fixPlanner(content, remarkable)
  const { masters } = fixed as ReturnType<typeof onePage>
  return demand(demand(masters[0]).widgets[0]) as Readonly<Record<string, unknown>>
}

describe('what fits the device', () => {
  it('has no findings', () => {
    expect(toldOf('text_block')).toEqual([])
    expect(toldOf('lines', { properties: { lineCount: 5 } })).toEqual([])
    expect(fixPlanner(contentOf('text_block'), remarkable)).toEqual({
      findings: [],
      content: contentOf('text_block'),
    })
  })
})

describe('type', () => {
  it.each([
    'text_block',
    'checkbox',
    'internal_link',
    'link_list',
    'calendar',
    'day_list',
    'table',
  ] as const)('of a %s is not smaller than the device shows', (type) => {
    const small = contentOf(type, {
      at: [36, 36, 375, 520],
      styling: { fontSize: '6' },
      properties: { rowHeight: 30, gridLineWidth: 1, rows: 1, columns: 1, startDate: '2026-01' },
    })
    expect(told(small).filter(([rule]) => rule === 'font_size')).toEqual([['font_size', 6, 10]])
    expect(fixedOf(small)).toMatchObject({ styling: { fontSize: '6', size: 10 } })
  })
})

describe('strokes are not thinner than the device shows', () => {
  it.each([
    ['divider', { styling: { lineWidth: 0.5 } }, { styling: { lineWidth: 0.75 } }],
    [
      'vertical_line',
      { properties: { lineThickness: 0.5 } },
      { properties: { lineThickness: 0.75 } },
    ],
    ['box', { styling: { lineWidth: 0.5 } }, { styling: { lineWidth: 0.75 } }],
    ['checkbox', { styling: { lineWidth: 0.5 } }, { styling: { lineWidth: 0.75 } }],
    [
      'lines',
      { properties: { lineCount: 3, lineThickness: 0.5 } },
      { properties: { lineThickness: 0.75 } },
    ],
    [
      'table',
      { properties: { rows: 1, columns: 1 }, styling: { strokeWidth: 0.5 } },
      { properties: { strokeWidth: 0.75 } },
    ],
  ] as const)('%s %j', (type, said, fixed) => {
    expect(toldOf(type, said)).toEqual([['stroke_width', 0.5, 0.75]])
    expect(fixedOf(contentOf(type, said))).toMatchObject(fixed)
  })

  it('which the grid of a calendar is, unless it says otherwise', () => {
    const calendar = contentOf('calendar', {
      at: [36, 36, 375, 400],
      properties: { startDate: '2026-01' },
    })
    expect(told(calendar)).toEqual([['stroke_width', 0.5, 0.75]])
    expect(fixedOf(calendar)).toMatchObject({ properties: { gridLineWidth: 0.75 } })
    expect(told(calendar, paperPro)).toEqual([['stroke_width', 0.5, 0.75]])
    expect(told(calendar, otherDevice('kindle-scribe'))).toEqual([])
  })

  it.each([
    ['divider', { styling: { lineWidth: 0 } }],
    ['box', { styling: { lineWidth: 0.5, strokeColor: 'none' } }],
    [
      'lines',
      { styling: { strokeColor: 'transparent' }, properties: { lineCount: 1, lineThickness: 0.1 } },
    ],
    ['table', { properties: { rows: 1, columns: 1, borderStyle: 'none', strokeWidth: 0.1 } }],
  ] as const)('what is not drawn has none: %s %j', (type, said) => {
    expect(toldOf(type, said)).toEqual([])
  })
})

describe('what is tapped is as large as a finger', () => {
  it.each(['internal_link', 'tap_zone'] as const)('the whole of a %s', (type) => {
    expect(toldOf(type, { at: [40, 40, 29, 12] })).toEqual([
      ['touch_target_width', 29, 30],
      ['touch_target_height', 12, 30],
    ])
  })

  it('each cell of a calendar, in its month', () => {
    const properties = { startDate: '2026-02', gridLineWidth: 1 }
    const at = [36, 36, 210, 136] as const
    expect(toldOf('calendar', { at, properties })).toEqual([['touch_target_height', 20, 30]])
    const wide = [36, 36, 140, 300] as const
    expect(toldOf('calendar', { at: wide, properties })).toEqual([['touch_target_width', 20, 30]])
  })

  it('each cell of a calendar whose month hangs on tokens, in the longest', () => {
    const properties = { startDate: '@date', gridLineWidth: 1 }
    const at = [36, 36, 210, 36 + 6 * 29] as const
    expect(toldOf('calendar', { at, properties })).toEqual([['touch_target_height', 29, 30]])
  })

  it('each row of a day_list', () => {
    const at = [36, 36, 200, 500] as const
    expect(toldOf('day_list', { at, properties: { startDate: '2026-01-01' } })).toEqual([
      ['touch_target_height', 20, 30],
    ])
  })

  it('each item of a link_list', () => {
    const properties = { labels: ['a', 'b'], destinations: ['', 'a:1'], columns: 2, itemHeight: 12 }
    expect(toldOf('link_list', { at: [36, 36, 50, 100], properties })).toEqual([
      ['touch_target_width', 25, 30],
      ['touch_target_height', 12, 30],
    ])
  })

  it('and making it so is left to a person', () => {
    const { findings, content } = fixPlanner(
      contentOf('tap_zone', { at: [40, 40, 9, 40] }),
      remarkable,
    )
    expect(findings.map(({ rule, fixed }) => [rule, fixed])).toEqual([
      ['touch_target_width', false],
    ])
    expect(content).toEqual(contentOf('tap_zone', { at: [40, 40, 9, 40] }))
  })
})

describe('colours', () => {
  it.each([
    ['text_block', { styling: { color: '#0066CC' } }, { styling: { color: '#555555' } }],
    ['text_block', { styling: { fontColor: '#0066CC' } }, { styling: { color: '#555555' } }],
    ['text_block', { backgroundColor: '#DBEAFE' }, { backgroundColor: '#EEEEEE' }],
    ['box', { styling: { fillColor: 'FF0000' } }, { styling: { fillColor: '#444444' } }],
    [
      'internal_link',
      { properties: { highlightColor: '#dbeafe', toDest: 'a:1' } },
      { properties: { highlightColor: '#EEEEEE' } },
    ],
  ] as const)('become greys on a device without: %s %j', (type, said, fixed) => {
    const content = contentOf(type, { at: [40, 40, 60, 60], ...said })
    expect(told(content).map(([rule, , limit]) => [rule, limit])).toEqual([['color', 'grey']])
    expect(fixedOf(content)).toMatchObject(fixed)
    expect(told(content, paperPro).filter(([rule]) => rule === 'color')).toEqual([])
  })

  it('are told only where a widget says them', () => {
    expect(toldOf('internal_link')).toEqual([])
    expect(toldOf('text_block', { styling: { color: '#000000' } })).toEqual([])
  })

  it('that tokens make are not known', () => {
    const properties = { toDest: 'a:1', highlightColor: '{color}' }
    expect(toldOf('internal_link', { properties })).toEqual([])
  })
})

describe('greys', () => {
  it('are those that the device has', () => {
    const striped = { properties: { rows: 1, columns: 1, oddRowBg: '#F8F8F8' } }
    expect(toldOf('table', striped)).toEqual([['grey_levels', '#F8F8F8', 16]])
    expect(fixedOf(contentOf('table', striped))).toMatchObject({
      properties: { oddRowBg: '#FFFFFF' },
    })
    expect(toldOf('table', { properties: { rows: 1, columns: 1, oddRowBg: '#CCCCCC' } })).toEqual(
      [],
    )
  })

  it('do not fill more of a page than the device stands', () => {
    const content = onePage([
      widget('box', { id: 'large', at: [36, 36, 370, 300], styling: { fillColor: '#CCCCCC' } }),
      widget('box', { id: 'small', at: [36, 400, 100, 100], backgroundColor: '#EEEEEE' }),
      widget('box', { id: 'black', at: [36, 36, 370, 500], styling: { fillColor: '#000000' } }),
    ])
    const found = lintPlanner(content, remarkable)
    expect(found.map(({ widgetId, rule, value, limit }) => [widgetId, rule, value, limit])).toEqual(
      [['large', 'grey_area', 0.454, 0.2]],
    )
    expect(fixedOf(content)).toMatchObject({ styling: { fillColor: 'none' } })
  })

  it('count where a link is highlighted, and in a table’s header and stripes', () => {
    const at = [36, 36, 370, 500] as const
    const link = { highlight: true, highlightColor: '#DDDDDD', toDest: 'a:1' }
    expect(toldOf('internal_link', { at, properties: link })).toEqual([['grey_area', 0.693, 0.2]])
    const table = { rows: 10, columns: 1, rowHeight: 45, zebraRows: true, oddRowBg: '#DDDDDD' }
    expect(toldOf('table', { at, properties: table })).toEqual([['grey_area', 0.374, 0.2]])
  })
})

describe('places', () => {
  it('are on the page', () => {
    const content = contentOf('box', { at: [400, 0, 100, 700] })
    expect(told(content)).toEqual([
      ['page_bounds', 500, 447.3],
      ['page_bounds', 700, 596.4],
    ])
    expect(fixedOf(content)).toMatchObject({
      position: { x: 311.3, y: 36, width: 100, height: 524.4 },
    })
  })

  it('keep clear of the margins where anything is seen', () => {
    const content = contentOf('text_block', { at: [10, 500, 100, 80] })
    expect(told(content)).toEqual([
      ['safe_margin', 10, 36],
      ['safe_margin', 16.4, 36],
    ])
    expect(fixedOf(content)).toMatchObject({
      position: { x: 36, y: 480.4, width: 100, height: 80 },
    })
    expect(toldOf('tap_zone', { at: [0, 0, 40, 40] })).toEqual([])
    expect(toldOf('anchor', { at: [0, 0, 10, 10] })).toEqual([])
  })

  it('are cut where they are larger than the page', () => {
    const fixed = fixedOf(contentOf('box', { at: [0, 0, 447.3, 596.4] }))
    expect(fixed).toMatchObject({ position: { x: 36, y: 36, width: 375.3, height: 524.4 } })
  })

  const placesOf = (content: unknown) =>
    demand(normalisePlanner(content).masters[0]).widgets.map(({ position }) => position)

  it('are moved together where one alone would come to lie on another', () => {
    const tabs = widget('text_block', { id: 'tabs', at: [36, 16, 300, 30] })
    const rule = widget('divider', { id: 'rule', at: [36, 45, 300, 2], styling: { lineWidth: 1 } })
    const zone = widget('tap_zone', { id: 'zone', at: [36, 16, 40, 30] })
    const { content } = fixPlanner(onePage([tabs, rule, zone]), remarkable)
    expect(placesOf(content)).toEqual([
      { x: 36, y: 36, width: 300, height: 30 },
      { x: 36, y: 65, width: 300, height: 2 },
      { x: 36, y: 36, width: 40, height: 30 },
    ])
    expect(lintPlanner(content, remarkable)).toEqual([])
  })

  it('shrink together where they are too large together, with what they hold', () => {
    const above = widget('box', { id: 'above', at: [36, 0, 300, 300] })
    const below = widget('lines', {
      id: 'below',
      at: [36, 300, 300, 296.4],
      properties: { lineCount: 5, lineSpacing: 30 },
    })
    const { content } = fixPlanner(onePage([above, below]), remarkable)
    const [first, second] = placesOf(content)
    expect(first?.y).toBe(36)
    expect(demand(second).y).toBeCloseTo(36 + demand(first).height, 5)
    expect(demand(second).y + demand(second).height).toBeCloseTo(560.4, 1)
    const shrunk = 524.4 / 596.4
    expect(demand(first).height).toBeCloseTo(300 * shrunk, 0)
    const { properties } = demand(demand(normalisePlanner(content).masters[0]).widgets[1])
    expect(properties['lineSpacing']).toBeCloseTo(30 * shrunk, 1)
  })

  it('stay where they are beside one that finds room alone, or a ground that is cut', () => {
    const ground = widget('box', { id: 'ground', at: [0, 0, 447.3, 596.4] })
    const text = widget('text_block', { id: 'text', at: [100, 100, 100, 30] })
    const low = widget('text_block', { id: 'low', at: [100, 550, 100, 30] })
    const { content } = fixPlanner(onePage([ground, text, low]), remarkable)
    expect(placesOf(content)).toEqual([
      { x: 36, y: 36, width: 375.3, height: 524.4 },
      { x: 100, y: 100, width: 100, height: 30 },
      { x: 100, y: 530.4, width: 100, height: 30 },
    ])
  })

  it('are seen on the page that the project says', () => {
    const content = {
      ...contentOf('text_block', { at: [400, 40, 100, 100] }),
      defaultCanvas: { dimensions: { width: 600, height: 600 } },
    }
    expect(told(content)).toEqual([])
  })
})

describe('a finding', () => {
  it('names widget, master, place, rule, value and limit', () => {
    const small = contentOf('text_block', { id: 'title', styling: { size: 8 } })
    expect(lintPlanner(small, remarkable)).toEqual([
      {
        widgetId: 'title',
        master: 'page',
        pointer: '/masters/0/widgets/0/styling/size',
        rule: 'font_size',
        value: 8,
        limit: 10,
        fixed: false,
        severity: 'warning',
      },
    ])
    expect(fixPlanner(small, remarkable).findings).toMatchObject([
      { rule: 'font_size', fixed: true },
    ])
  })

  it('is an error where it is strict, but for the colour of a link', () => {
    const severities = (type: WidgetType) =>
      lintPlanner(contentOf(type, { styling: { color: '#0066CC', size: 8 } }), remarkable, {
        strict: true,
      }).map(({ rule, severity }) => [rule, severity])
    expect(severities('internal_link')).toEqual([
      ['font_size', 'error'],
      ['color', 'warning'],
    ])
    expect(severities('text_block')).toEqual([
      ['font_size', 'error'],
      ['color', 'error'],
    ])
  })
})

describe('fixing', () => {
  it('keeps what a project says beyond planners', () => {
    const content = {
      theme: 'mine',
      masters: [
        {
          name: 'm',
          locked: true,
          widgets: [{ ...widget('text_block', { styling: { size: 8 } }), page: 1, glow: [[]] }],
        },
      ],
    }
    expect(fixPlanner(content, remarkable).content).toEqual({
      theme: 'mine',
      masters: [
        {
          name: 'm',
          locked: true,
          widgets: [{ ...widget('text_block', { styling: { size: 10 } }), page: 1, glow: [[]] }],
        },
      ],
    })
    expect(content.masters[0]?.widgets[0]?.styling).toEqual({ size: 8 })
  })

  const seed = testSeed()
  it(`leaves nothing that can be fixed, nor any fault, on any device (seed ${seed})`, () => {
    fc.assert(
      fc.property(plannerArbitrary, fc.constantFrom(...devices), (content, device) => {
        const { findings, content: fixed } = fixPlanner(content, device)
        expect(checkPlanner(fixed)).toEqual([])
        const left = findings.filter(({ fixed: isFixed }) => !isFixed)
        expect(lintPlanner(fixed, device)).toEqual(left)
        expect(left.every(({ rule }) => rule.startsWith('touch_target'))).toBe(true)
        expect(fixPlanner(fixed, device).content).toEqual(fixed)
      }),
      { seed, numRuns: 30 },
    )
  })
})
