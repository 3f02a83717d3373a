import type { Box } from '../compiler/box.ts'
import type { Orientation, TextStyle } from '../compiler/compiled-widget.ts'
import type { Metrics } from '../fonts/typesetter.ts'
import { type Mark, type TextMark, segments } from './display-list.ts'

/** What a line of type needs to be set. */
export interface Type extends Pick<TextStyle, 'font' | 'size' | 'color' | 'textAlign'> {
  readonly underline?: boolean
}

/**
 * One line of text in its box, cut by it. Upright, the baseline stands (height - size) / 2
 * above the bottom, and the line never begins left of the box. Rotated, the baseline is size / 3
 * off the middle; left means the top end, right the bottom end.
 */
export function lineInBox(
  text: string,
  box: Box,
  type: Type,
  orientation: Orientation,
  metrics: Metrics,
): Mark[] {
  if (text.trim() === '') return []
  const width = metrics.widthOf(text, type.font, type.size)
  return setLine(text, width, box, place(width, box, type, orientation), type, metrics)
}

/** One upright line that stands at a height of its own, clipped to its box. */
export function lineOnBaseline(text: string, box: Box, y: number, type: Type, metrics: Metrics) {
  if (text.trim() === '') return []
  const width = metrics.widthOf(text, type.font, type.size)
  const x = box.x + startOf(type.textAlign, box.width - width)
  return setLine(text, width, box, { x, y, direction: 'right' }, type, metrics)
}

function setLine(
  text: string,
  width: number,
  box: Box,
  placed: Placed,
  type: Type,
  metrics: Metrics,
): Mark[] {
  const mark: TextMark = {
    kind: 'text',
    text,
    font: type.font,
    size: type.size,
    color: type.color,
    x: placed.x,
    y: placed.y,
    direction: placed.direction,
    clip: clipFor(width, box, type, placed, metrics),
  }
  return type.underline ? [mark, ...underline(mark, width)] : [mark]
}

type Placed = Pick<TextMark, 'x' | 'y' | 'direction'>

function place(width: number, box: Box, type: Type, orientation: Orientation): Placed {
  const { size, textAlign } = type
  if (orientation === 'horizontal') {
    const x = box.x + startOf(textAlign, box.width - width)
    return { x, y: box.y + (box.height + size) / 2, direction: 'right' }
  }
  const middle = box.x + box.width / 2
  const free = box.height - width
  if (orientation === 'vertical_cw') {
    return { x: middle - size / 3, y: box.y + startOf(textAlign, free), direction: 'down' }
  }
  const bottom = box.y + box.height
  const y = free < 0 ? bottom : box.y + startOf(textAlign, free) + width
  return { x: middle + size / 3, y, direction: 'up' }
}

/** How far from its beginning a line starts in a room that is so much longer than it. */
export function startOf(align: TextStyle['textAlign'], free: number): number {
  if (free <= 0) return 0
  if (align === 'center') return free / 2
  return align === 'right' ? free : 0
}

/** So high a box, as a share of the size, was meant for its line: lines can stand so close. */
const leastHeight = 0.8

/**
 * The box that cuts a line, or null where it cuts nothing. One that was meant for the line cuts
 * what is too long, but no letter that reaches below the baseline.
 */
function clipFor(
  width: number,
  box: Box,
  { font, size }: Type,
  at: Placed,
  metrics: Metrics,
): Box | null {
  const { ascent, descent } = metrics.extentOf(font)
  const above = ascent * size
  const below = descent * size
  const isUpright = at.direction === 'right'
  const [length, depth] = isUpright ? [box.width, box.height] : [box.height, box.width]
  const isMeantForIt = depth >= size * leastHeight
  if (isMeantForIt && width <= length) return null
  if (!isMeantForIt) return box
  if (isUpright) {
    const top = Math.min(box.y, at.y - above)
    const bottom = Math.max(box.y + box.height, at.y + below)
    return { x: box.x, y: top, width: box.width, height: bottom - top }
  }
  const [before, after] = at.direction === 'down' ? [below, above] : [above, below]
  const left = Math.min(box.x, at.x - before)
  const right = Math.max(box.x + box.width, at.x + after)
  return { x: left, y: box.y, width: right - left, height: box.height }
}

/** Under the whole line, a tenth of the size below its baseline. */
function underline({ x, y, size, color, direction }: TextMark, width: number) {
  const below = size / 10
  const pen = { color, width: size / 20 }
  if (direction === 'right') return segments([x, y + below, x + width, y + below], pen)
  if (direction === 'down') return segments([x - below, y, x - below, y + width], pen)
  return segments([x + below, y, x + below, y - width], pen)
}
