import { readFields } from '@atrium/contracts/planner/fields.ts'
import { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import type { Size } from '../compiler/box.ts'
import type { Change } from './changes.ts'
import { setting, type Fault, type LintedWidget, type MasterRule } from './finding.ts'
import { brightnessOf, nearestLevel, rgbOf } from './grey.ts'

/**
 * Large areas of grey leave ghosts of the page before, and take long to appear. Of a page that has
 * too much of it, the largest area goes white, then the next, until it has little enough; overlaps
 * count twice.
 */
export const greyArea: MasterRule = (widgets, { device, size }) => {
  const limit = device.maxGreyFillArea
  const fills = widgets
    .flatMap((linted) => fillsOf(linted))
    .filter(({ color }) => isBetween(color, device.greyLevels))
    .map((fill) => ({ ...fill, share: areaOf(fill.area) / areaOf(size) }))
    .toSorted((a, b) => b.share - a.share)
  const faults: Fault[] = []
  let left = fills.reduce((sum, { share }) => sum + share, 0)
  for (const { widget, field, share, change } of fills) {
    if (left <= limit) break
    const value = Math.round(left * 1_000) / 1_000
    faults.push({ widget, field, rule: 'grey_area', value, limit, changes: [change] })
    left -= share
  }
  return faults
}

interface GreyFill {
  readonly widget: LintedWidget
  readonly field: string
  readonly color: string
  readonly area: Size
  readonly change: Change
}

const areaOf = ({ width, height }: Size) => width * height

/** Neither black nor white to the device. */
function isBetween(color: string, levels: number): boolean {
  const rgb = rgbOf(color)
  const level = rgb === undefined ? 255 : nearestLevel(brightnessOf(rgb), levels)
  return level > 0 && level < 255
}

const white = '#FFFFFF'

function fillsOf(widget: LintedWidget): readonly GreyFill[] {
  const { type, position, styling, properties, backgroundColor } = widget.widget
  const fill = (field: string, color: string | null, area: Size, instead: string) =>
    color === null ? [] : [{ widget, field, color, area, change: setting(widget, field, instead) }]
  const background = fill('/backgroundColor', backgroundColor, position, white)
  if (type === 'box') {
    const { fillColor } = readFields(widgetFields.box.styling, styling)
    const { opacity } = readFields(widgetFields.box.properties, properties)
    const isSeen = opacity > 0
    return [
      ...background,
      ...(isSeen ? fill('/styling/fillColor', fillColor, position, 'none') : []),
    ]
  }
  if (type === 'internal_link') {
    const given = readFields(widgetFields.internal_link.properties, properties)
    const name = given.highlight ? 'highlightColor' : 'backgroundColor'
    return [...background, ...fill(`/properties/${name}`, given[name], position, 'none')]
  }
  if (type === 'table') {
    const given = readFields(widgetFields.table.properties, properties)
    const { width } = position
    const header = { width, height: given.hasHeader ? given.rowHeight : 0 }
    const half = { width, height: (given.rowHeight * (given.rows ?? 0)) / 2 }
    const stripes = given.zebraRows
      ? [
          ...fill('/properties/evenRowBg', given.evenRowBg, half, 'none'),
          ...fill('/properties/oddRowBg', given.oddRowBg, half, 'none'),
        ]
      : []
    return [
      ...background,
      ...fill('/properties/headerBackground', given.headerBackground, header, 'none'),
      ...stripes,
    ]
  }
  return background
}
