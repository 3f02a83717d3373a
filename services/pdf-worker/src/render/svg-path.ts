import type { Dots, Shape } from '../layout/display-list.ts'
import { number, numbers } from './pdf-syntax.ts'

/** A shape as an element, painted as the attributes say. */
export function svgShape(shape: Shape, paint: string): string {
  switch (shape.kind) {
    case 'rectangle': {
      const { x, y, width, height } = shape.box
      const place = `x="${number(x)}" y="${number(y)}"`
      const size = `width="${number(width)}" height="${number(height)}"`
      const corner = shape.radius > 0 ? ` rx="${number(shape.radius)}"` : ''
      return `<rect ${place} ${size}${corner} ${paint}/>`
    }
    case 'segments':
      return `<path d="${segmentsData(shape.points)}" ${paint}/>`
    case 'polyline':
      return `<polyline points="${numbers(...shape.points)}" ${paint}/>`
    case 'dots':
      return `<path d="${dotsData(shape)}" ${paint}/>`
  }
}

function segmentsData(points: readonly number[]): string {
  let data = ''
  for (let at = 0; at + 3 < points.length; at += 4) {
    data += `M${numbers(...points.slice(at, at + 2))}L${numbers(...points.slice(at + 2, at + 4))}`
  }
  return data
}

function dotsData({ x, y, columns, rows, step, size, isRound }: Dots): string {
  const radius = size / 2
  const half = (down: number) => `a${numbers(radius, radius, 0, 1, 0, down, 0)}`
  const round = `${half(size)}${half(-size)}z`
  const square = `v${number(-radius)}h${number(size)}v${number(size)}h${number(-size)}z`
  let data = ''
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const at = numbers(x + column * step - radius, y - row * step)
      data += `M${at}${isRound ? round : square}`
    }
  }
  return data
}
