import type { Box } from '../compiler/box.ts'
import type { Dots, Outline } from '../layout/display-list.ts'
import { number, numbers } from './pdf-syntax.ts'

/** Where the handles of a curve for a quarter of a circle lie, as a share of its radius. */
const quarter = 0.5523

/** The operators of a shape's path, on a page of this height; dots are a form of their own. */
export function pathOf(shape: Outline, height: number): string {
  switch (shape.kind) {
    case 'rectangle':
      return shape.radius > 0
        ? roundedRectangle(shape.box, shape.radius, height)
        : rectangle(shape.box, height)
    case 'segments':
      return segmentsPath(shape.points, height)
    case 'polyline':
      return polylinePath(shape.points, height)
  }
}

export function rectangle({ x, y, width, height }: Box, pageHeight: number): string {
  return `${numbers(x, pageHeight - y - height, width, height)} re `
}

function segmentsPath(points: readonly number[], height: number): string {
  let path = ''
  for (let at = 0; at + 3 < points.length; at += 4) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points.slice(at, at + 4)
    path += `${numbers(x1, height - y1)} m ${numbers(x2, height - y2)} l `
  }
  return path
}

function polylinePath(points: readonly number[], height: number): string {
  let path = ''
  for (let at = 0; at + 1 < points.length; at += 2) {
    path += `${numbers(points[at] ?? 0, height - (points[at + 1] ?? 0))} ${at === 0 ? 'm' : 'l'} `
  }
  return path
}

function roundedRectangle(box: Box, radius: number, pageHeight: number): string {
  const r = Math.min(radius, box.width / 2, box.height / 2)
  const k = r * (1 - quarter)
  const left = box.x
  const right = box.x + box.width
  const bottom = pageHeight - box.y - box.height
  const top = pageHeight - box.y
  return [
    `${numbers(left + r, bottom)} m ${numbers(right - r, bottom)} l`,
    `${numbers(right - k, bottom, right, bottom + k, right, bottom + r)} c`,
    `${numbers(right, top - r)} l`,
    `${numbers(right, top - k, right - k, top, right - r, top)} c`,
    `${numbers(left + r, top)} l`,
    `${numbers(left + k, top, left, top - k, left, top - r)} c`,
    `${numbers(left, bottom + r)} l`,
    `${numbers(left, bottom + k, left + k, bottom, left + r, bottom)} c h `,
  ].join(' ')
}

/** All dots as one path that is filled, from the middle of the first one on, right and up. */
export function dotsPath({ columns, rows, step, size, isRound }: Dots): string {
  const radius = size / 2
  const dot = isRound ? roundDot(radius) : squareDot(radius)
  let path = ''
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) path += dot(column * step, row * step)
  }
  return `${path}f\n`
}

const squareDot = (radius: number) => {
  const side = number(radius * 2)
  return (x: number, y: number) => `${numbers(x - radius, y - radius)} ${side} ${side} re\n`
}

/**
 * Four curves: every reader draws those. Round caps on lines without length, or dashes without
 * length, would be shorter, but some leave them out and some draw them too long.
 */
const roundDot = (radius: number) => {
  const k = radius * quarter
  return (x: number, y: number) =>
    `${numbers(x - radius, y)} m ` +
    `${numbers(x - radius, y + k, x - k, y + radius, x, y + radius)} c ` +
    `${numbers(x + k, y + radius, x + radius, y + k, x + radius, y)} c ` +
    `${numbers(x + radius, y - k, x + k, y - radius, x, y - radius)} c ` +
    `${numbers(x - k, y - radius, x - radius, y - k, x - radius, y)} c\n`
}
