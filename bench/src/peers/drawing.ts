import { readFileSync } from 'node:fs'
import process from 'node:process'

/*
 * A planner as places of marks and links, which the service's renderer wrote out: peers draw it
 * with what their libraries offer, and are spared the layout.
 */

export interface Drawing {
  readonly title: string
  readonly size: { readonly width: number; readonly height: number }
  readonly pages: readonly DrawnPage[]
  readonly outlines: readonly Outline[]
  /** The file of each font by its name. */
  readonly fonts: Readonly<Record<string, string>>
}

export interface DrawnPage {
  readonly marks: readonly Mark[]
  readonly links: readonly { readonly box: Box; readonly page: number; readonly top: number }[]
}

export interface Outline {
  readonly title: string
  readonly page: number
  readonly top: number
  readonly children: readonly Outline[]
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export type Mark = Fill | Stroke | Text | Tickbox

export interface Fill {
  readonly kind: 'fill'
  readonly shape: { readonly kind: 'rectangle'; readonly box: Box } | Dots
  readonly color: string
}

export interface Dots {
  readonly kind: 'dots'
  readonly x: number
  readonly y: number
  readonly columns: number
  readonly rows: number
  readonly step: number
  readonly size: number
}

export interface Stroke {
  readonly kind: 'stroke'
  readonly shape:
    | { readonly kind: 'rectangle'; readonly box: Box }
    | { readonly kind: 'segments'; readonly points: readonly number[] }
  readonly color: string
  readonly width: number
  readonly dash: readonly number[]
}

export interface Text {
  readonly kind: 'text'
  readonly text: string
  readonly font: string
  readonly size: number
  readonly color: string
  readonly x: number
  readonly y: number
}

export interface Tickbox {
  readonly kind: 'tickbox'
  readonly box: Box
  readonly strokeColor: string
  readonly fillColor: string
  readonly lineWidth: number
}

export interface Served {
  readonly tookMs: number
  readonly peakBytes: number
  readonly pages: number
}

/** Draws as many documents as each message says. Arguments: the drawing, and where to write to. */
export function serveDrawing(draw: (drawing: Drawing, path: string) => Promise<void>): void {
  const [from = '', path = ''] = process.argv.slice(2)
  const drawing = JSON.parse(readFileSync(from, 'utf8')) as Drawing
  process.on('message', (count: number) => void serve(count))
  process.send?.('ready')

  async function serve(count: number) {
    const startedAt = performance.now()
    for (let each = 0; each < count; each += 1) await draw(drawing, path)
    const served: Served = {
      tookMs: performance.now() - startedAt,
      peakBytes: process.resourceUsage().maxRSS * 1_024,
      pages: drawing.pages.length * count,
    }
    process.send?.(served)
  }
}

/** x1, y1, x2, y2 of each line. */
export function* linesOf(points: readonly number[]): Iterable<[number, number, number, number]> {
  for (let at = 0; at + 3 < points.length; at += 4) {
    yield [points[at] ?? 0, points[at + 1] ?? 0, points[at + 2] ?? 0, points[at + 3] ?? 0]
  }
}

/** The middle of each. */
export function* dotsOf({ x, y, columns, rows, step }: Dots): Iterable<[number, number]> {
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) yield [x + column * step, y - row * step]
  }
}
