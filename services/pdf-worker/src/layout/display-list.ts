import type { Box } from '../compiler/box.ts'

/*
 * What is painted, in order, in points from the top left with y downwards. The surfaces (PDF, SVG)
 * draw it without deciding anything.
 */

export type Mark = Fill | Stroke | TextMark | Picture | Tickbox

export interface Fill {
  readonly kind: 'fill'
  readonly shape: Shape
  readonly color: string
  readonly opacity: number
}

export interface Stroke {
  readonly kind: 'stroke'
  readonly shape: Outline
  readonly color: string
  readonly width: number
  /** Lengths on and off in turn; empty: solid. */
  readonly dash: readonly number[]
  readonly cap: 'butt' | 'round' | 'square'
  readonly opacity: number
}

export type Shape = Outline | Dots
export type Outline = Rectangle | Segments | Polyline

export interface Rectangle {
  readonly kind: 'rectangle'
  readonly box: Box
  readonly radius: number
}

/** Lines that have nothing to do with each other: x1, y1, x2, y2 of each. */
export interface Segments {
  readonly kind: 'segments'
  readonly points: readonly number[]
}

/** x and y of each corner. */
export interface Polyline {
  readonly kind: 'polyline'
  readonly points: readonly number[]
}

/** From the middle of the first, at the bottom left, right and up. */
export interface Dots {
  readonly kind: 'dots'
  readonly x: number
  readonly y: number
  readonly columns: number
  readonly rows: number
  readonly step: number
  readonly size: number
  readonly isRound: boolean
}

/** One line of type. */
export interface TextMark {
  readonly kind: 'text'
  readonly text: string
  /** As the project names it. */
  readonly font: string
  readonly size: number
  readonly color: string
  /** Where the baseline begins. */
  readonly x: number
  readonly y: number
  readonly direction: Direction
  /** Null where nothing of it can lie outside. */
  readonly clip: Box | null
}

export type Direction = 'right' | 'down' | 'up'

export interface Picture {
  readonly kind: 'picture'
  readonly assetId: string
  readonly box: Box
  readonly fit: 'fit' | 'stretch' | 'actual'
  readonly isGrey: boolean
  readonly opacity: number
}

/** A box to tick: a field of the form where the document is interactive, else drawn as it is. */
export interface Tickbox {
  readonly kind: 'tickbox'
  readonly widgetId: string
  readonly label: string
  readonly box: Box
  readonly isTicked: boolean
  readonly strokeColor: string | null
  readonly fillColor: string | null
  readonly checkColor: string | null
  readonly lineWidth: number
}

export function fill(box: Box, color: string | null, opacity = 1, radius = 0): Fill[] {
  if (color === null || box.width <= 0 || box.height <= 0) return []
  return [{ kind: 'fill', shape: { kind: 'rectangle', box, radius }, color, opacity }]
}

export interface Pen {
  readonly color: string | null
  readonly width: number
  readonly dash?: readonly number[]
  readonly cap?: Stroke['cap']
  readonly opacity?: number
}

/** A pen of width 0 still leaves a line that a device of 300 dots an inch can show. */
export const hairline = 0.25

export function stroke(shape: Outline, { color, width, dash, cap, opacity }: Pen): Stroke[] {
  if (color === null) return []
  return [
    {
      kind: 'stroke',
      shape,
      color,
      width: Math.max(width, hairline),
      dash: dash ?? [],
      cap: cap ?? 'butt',
      opacity: opacity ?? 1,
    },
  ]
}

export function segments(points: readonly number[], pen: Pen): Stroke[] {
  return points.length === 0 ? [] : stroke({ kind: 'segments', points }, pen)
}

export function frame(box: Box, pen: Pen, radius = 0): Stroke[] {
  return stroke({ kind: 'rectangle', box, radius }, pen)
}
