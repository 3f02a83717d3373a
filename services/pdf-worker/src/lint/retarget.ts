import { deviceOf, pageSizeOf, type DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import { readFields, type Fields, type RawFields } from '@atrium/contracts/planner/fields.ts'
import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import type { Planner, Position, Widget } from '@atrium/contracts/planner/planner.ts'
import { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import type { Size } from '../compiler/box.ts'
import { withChanges, type Change } from './changes.ts'
import { lineSpacingByDefault } from '../compiler/resolve-shapes.ts'
import { tenths } from './placement.ts'

/**
 * The planner brought to another device: places and lengths grow with the page, type and strokes
 * evenly and never below what the device can show. Content that is made for that device already is
 * given back as it is. `from` is the device that it was made for, where that is a custom one.
 */
export function retargetPlanner(
  content: unknown,
  to: DeviceProfile,
  from: DeviceProfile | undefined = deviceOf(normalisePlanner(content).metadata.deviceProfile),
): unknown {
  const planner = normalisePlanner(content)
  const size = planner.defaultCanvas.dimensions ?? pageSizeOf(from ?? to)
  const target = pageSizeOf(to)
  const isThere = from?.id === to.id && size.width === target.width && size.height === target.height
  if (isThere) return content
  const scale = scaleOf(size, target)
  return withChanges(content, [
    { pointer: '/metadata/deviceProfile', value: to.id },
    { pointer: '/defaultCanvas/dimensions', value: { ...target, margins: to.safeMarginsPt } },
    ...widgetChanges(planner, scale, to),
  ])
}

interface Scale {
  readonly across: number
  readonly down: number
  /** What keeps its shape grows by the smaller of the two. */
  readonly even: number
}

function scaleOf(from: Size, to: Size): Scale {
  const across = to.width / from.width
  const down = to.height / from.height
  return { across, down, even: Math.min(across, down) }
}

function widgetChanges({ masters }: Planner, scale: Scale, device: DeviceProfile): Change[] {
  return masters.flatMap(({ widgets }, master) =>
    widgets.flatMap((widget, index) => {
      const pointer = `/masters/${master}/widgets/${index}`
      const place = {
        pointer: `${pointer}/position`,
        value: { ...placeIn(widget.position, scale) },
      }
      return [
        place,
        ...fieldChanges(widget, scale, device).map(({ pointer: below, value }): Change => ({
          pointer: pointer + below,
          value,
        })),
      ]
    }),
  )
}

/** Edges are rounded, not lengths: what touched before touches still. */
function placeIn({ x, y, width, height }: Position, { across, down }: Scale): Position {
  const left = tenths(x * across)
  const top = tenths(y * down)
  return {
    x: left,
    y: top,
    width: Math.max(0.1, tenths(tenths((x + width) * across) - left)),
    height: Math.max(0.1, tenths(tenths((y + height) * down) - top)),
  }
}

type Axis = keyof Scale

/** Lengths among the fields of widgets, by what they grow with. */
const lengths: Readonly<Record<string, Axis>> = {
  marginLeft: 'across',
  marginRight: 'across',
  columnGap: 'across',
  gapX: 'across',
  marginTop: 'down',
  marginBottom: 'down',
  topPadding: 'down',
  bottomPadding: 'down',
  lineSpacing: 'down',
  itemHeight: 'down',
  rowHeight: 'down',
  gapY: 'down',
  size: 'even',
  boxSize: 'even',
  cellPadding: 'even',
  cellMinSize: 'even',
  cornerRadius: 'even',
  dotSize: 'even',
  gridCellSize: 'even',
  gridSpacing: 'even',
  gridLineWidth: 'even',
  lineThickness: 'even',
  lineWidth: 'even',
  strokeWidth: 'even',
}

const boxSizeMin = 8

/** What a length may not fall below. A stroke of nothing stays nothing. */
function leastOf(name: string, value: number, device: DeviceProfile): number {
  if (name === 'size') return device.minFontPt
  if (name === 'boxSize') return boxSizeMin
  if (name === 'cellMinSize') return device.minTouchTargetPt
  const isStroke = /^(gridLineWidth|lineThickness|lineWidth|strokeWidth)$/.test(name)
  return isStroke && value > 0 ? device.minStrokePt : 0
}

function fieldChanges({ type, styling, properties }: Widget, scale: Scale, device: DeviceProfile) {
  const fields = widgetFields[type]
  const changed = (group: 'styling' | 'properties', declared: Fields, raw: RawFields): Change[] => {
    const values: Readonly<Record<string, unknown>> = readFields(declared, raw)
    return Object.entries(values).flatMap(([name, value]): Change[] => {
      const axis = Object.hasOwn(lengths, name) ? lengths[name] : undefined
      if (axis === undefined || typeof value !== 'number') return []
      const scaled = Math.max(hundredths(value * scale[axis]), leastOf(name, value, device))
      return scaled === value ? [] : [{ pointer: `/${group}/${name}`, value: scaled }]
    })
  }
  return [
    ...changed('styling', fields.styling, styling),
    ...changed('properties', fields.properties, properties),
    ...(type === 'lines' ? spacingChange(properties, scale) : []),
  ]
}

/** Lines that say only how many they are keep their share of the box. */
function spacingChange(properties: RawFields, { down }: Scale): Change[] {
  const { lineSpacing, lineCount } = readFields(widgetFields.lines.properties, properties)
  if (lineSpacing !== null || lineCount === null) return []
  return [{ pointer: '/properties/lineSpacing', value: hundredths(lineSpacingByDefault * down) }]
}

const hundredths = (length: number) => Math.round(length * 100) / 100
