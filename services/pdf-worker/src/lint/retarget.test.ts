import { devices, pageSizeOf, type DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { checkPlanner } from '@atrium/contracts/planner/validate.ts'
import { describe, expect, it } from 'vitest'
import { compile, demand, onePage, otherDevice, widget } from '../../test/planner-content.ts'
import { retargetPlanner } from './retarget.ts'

const remarkable = otherDevice('remarkable-2')
/** Twice as large in each direction. */
const large: DeviceProfile = {
  ...remarkable,
  id: 'large',
  widthPx: 2_808,
  heightPx: 3_744,
  safeMarginsPt: [72, 72, 72, 72],
}
/** Half as wide, and as high. */
const narrow: DeviceProfile = {
  ...remarkable,
  id: 'narrow',
  widthPx: 702,
  heightPx: 1_872,
  safeMarginsPt: [36, 18, 36, 18],
}

const widgetsOf = (content: unknown) => demand(normalisePlanner(content).masters[0]).widgets
const retargeted = (widgets: readonly object[], to: DeviceProfile) =>
  widgetsOf(retargetPlanner(onePage(widgets), to))

describe('a planner for another device', () => {
  it('has its places on the other page', () => {
    const widgets = [widget('box', { at: [10, 20, 100.1, 50] })]
    expect(retargeted(widgets, large)[0]?.position).toEqual({
      x: 20,
      y: 40,
      width: 200.2,
      height: 100,
    })
    expect(retargeted(widgets, narrow)[0]?.position).toEqual({
      x: 5,
      y: 20,
      width: 50,
      height: 50,
    })
  })

  it('keeps clear of the margins where it did, and fills the page where it did', () => {
    const kobo = otherDevice('kobo-clara-2e')
    const page = pageSizeOf(kobo)
    const [inner, whole, gutter] = retargeted(
      [
        widget('box', { id: 'inner', at: [36, 36, 447.3 - 72, 596.4 - 72] }),
        widget('box', { id: 'whole', at: [0, 0, 447.3, 596.4] }),
        widget('box', { id: 'gutter', at: [0, 0, 18, 36] }),
      ],
      kobo,
    ).map(({ position }) => position)
    const margin = 24
    expect(inner).toEqual({
      x: margin,
      y: margin,
      width: Math.round((page.width - 2 * margin) * 10) / 10,
      height: Math.round((page.height - 2 * margin) * 10) / 10,
    })
    expect(whole).toEqual({ x: 0, y: 0, ...page })
    expect(gutter).toEqual({ x: 0, y: 0, width: margin / 2, height: margin })
  })

  it('keeps edges together that touched', () => {
    const row = [0, 1, 2, 3].map((at) =>
      widget('box', { id: `b${at}`, at: [at * 33.3, 0, 33.3, 10] }),
    )
    const boxes = retargeted(row, otherDevice('kobo-clara-2e')).map(({ position }) => position)
    boxes.slice(1).forEach(({ x }, index) => {
      const before = demand(boxes[index])
      expect(x).toBeCloseTo(before.x + before.width, 5)
    })
  })

  it('has its type and strokes evenly larger', () => {
    const [text, lines, table] = retargeted(
      [
        widget('text_block', { styling: { fontSize: 14 } }),
        widget('lines', { properties: { lineCount: 4, marginLeft: 10 } }),
        widget('table', { properties: { rows: 1, columns: 1, rowHeight: 30 } }),
      ],
      large,
    )
    expect(text?.styling).toMatchObject({ size: 28 })
    expect(lines?.properties).toEqual({
      lineCount: 4,
      marginLeft: 20,
      lineThickness: 1.5,
      lineSpacing: 40,
      columnGap: 40,
      gridSpacing: 40,
    })
    expect(table).toMatchObject({
      styling: { size: 24, strokeWidth: 2 },
      properties: { rowHeight: 60, cellPadding: 8 },
    })
  })

  it('has nothing smaller than the device shows', () => {
    const [text, calendar, box] = retargeted(
      [
        widget('text_block', { styling: { size: 12 } }),
        widget('calendar', { properties: { startDate: '2026-01', calendarType: 'weekly' } }),
        widget('checkbox', { properties: { boxSize: 10 }, styling: { lineWidth: 1 } }),
      ],
      narrow,
    )
    expect(text?.styling).toMatchObject({ size: 10 })
    expect(calendar?.properties).toMatchObject({ cellMinSize: 30, gridLineWidth: 0.75 })
    expect(box).toMatchObject({ properties: { boxSize: 8 }, styling: { lineWidth: 0.75 } })
  })

  it('leaves what is not drawn undrawn', () => {
    const [divider, lines] = retargeted(
      [widget('divider', { styling: { lineWidth: 0 } }), widget('lines')],
      narrow,
    )
    expect(divider?.styling).toEqual({ lineWidth: 0 })
    expect(lines?.properties['lineSpacing']).toBeUndefined()
  })

  it('names that device, and has its page', () => {
    const kindle = otherDevice('kindle-scribe')
    const content = retargetPlanner(onePage([widget('box')]), kindle)
    expect(content).toMatchObject({
      metadata: { name: 'A planner', deviceProfile: 'kindle-scribe' },
      defaultCanvas: { dimensions: { width: 446.4, height: 595.2, margins: [32, 32, 32, 32] } },
    })
    expect(compile(content, { device: kindle }).size).toEqual({ width: 446.4, height: 595.2 })
  })

  it('is as it was where it is made for that device, by whatever name', () => {
    const content = onePage([widget('box')])
    expect(retargetPlanner(content, remarkable)).toBe(content)
    const old = { ...content, metadata: { deviceProfile: 'Boox-Tab-Ultra-C' } }
    expect(retargetPlanner(old, otherDevice('boox-tab-ultra-c-portrait'))).toBe(old)
    const once = retargetPlanner(content, otherDevice('kindle-scribe'))
    expect(retargetPlanner(once, otherDevice('kindle-scribe'))).toBe(once)
  })

  it('comes from the page that it says, or the device that it was made for', () => {
    const widgets = [widget('box', { at: [10, 10, 10, 10] })]
    const page = { width: 223.65, height: 298.2 }
    const drawn = { ...onePage(widgets), defaultCanvas: { dimensions: page } }
    expect(widgetsOf(retargetPlanner(drawn, remarkable))[0]?.position.x).toBe(20)
    const custom = { ...onePage(widgets), metadata: { deviceProfile: 'dev_1' } }
    expect(widgetsOf(retargetPlanner(custom, remarkable, large))[0]?.position.x).toBe(5)
  })

  it.each(devices.map((device) => [device.id, device] as const))(
    'is one without faults on %s',
    (_, device) => {
      const widgets = [
        widget('calendar', { properties: { startDate: '2026-01' } }),
        widget('internal_link', {
          id: 'l',
          at: [0, 0, 447.3, 596.4],
          properties: { toDest: 'a:1' },
        }),
      ]
      const content = retargetPlanner(onePage(widgets), device)
      expect(checkPlanner(content)).toEqual([])
      const size = pageSizeOf(device)
      const { position } = demand(widgetsOf(content)[1])
      expect(position).toEqual({ x: 0, y: 0, width: size.width, height: size.height })
    },
  )
})
