import type { DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import { readFields, type Fields, type RawFields } from '@atrium/contracts/planner/fields.ts'
import type { Position, Widget } from '@atrium/contracts/planner/planner.ts'
import { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import { lineSpacingByDefault } from '../compiler/resolve-shapes.ts'
import type { Change } from './changes.ts'

/** Where the places of a page come to lie, and how its lengths grow. */
export interface Rescaling {
  readonly x: (place: number) => number
  readonly y: (place: number) => number
  readonly scale: Scale
}

export interface Scale {
  readonly across: number
  readonly down: number
  /** What keeps its shape grows by the smaller of the two. */
  readonly even: number
}

export const scaleOf = (across: number, down: number): Scale => ({
  across,
  down,
  even: Math.min(across, down),
})

/** Edges are rounded, not lengths: what touched before touches still. */
export function placeIn({ x, y, width, height }: Position, rescaling: Rescaling): Position {
  const left = tenths(rescaling.x(x))
  const top = tenths(rescaling.y(y))
  return {
    x: left,
    y: top,
    width: Math.max(0.1, tenths(tenths(rescaling.x(x + width)) - left)),
    height: Math.max(0.1, tenths(tenths(rescaling.y(y + height)) - top)),
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

/** The lengths in a widget, evenly longer, and never below what the device can show. */
export function lengthChanges(
  { type, styling, properties }: Widget,
  scale: Scale,
  device: DeviceProfile,
): Change[] {
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

export const tenths = (length: number) => Math.round(length * 10) / 10
const hundredths = (length: number) => Math.round(length * 100) / 100
