import type { Box } from '../compiler/box.ts'
import type { Table } from '../compiler/compiled-widget.ts'
import type { Metrics } from '../fonts/typesetter.ts'
import { type Mark, fill, segments } from './display-list.ts'
import { lineInBox } from './text-line.ts'
import { layWrapped } from './wrapped-cell.ts'

/** The area of a cell; parts are numbered row by row, the header counted. */
export function tableCell(widget: Table, part: number): Box {
  const { columns } = widget
  return cellAt(widget, Math.floor(part / columns), part % columns)
}

export function layTable(widget: Table, metrics: Metrics): Mark[] {
  return [
    ...layFills(widget),
    ...widget.cells.flatMap((row, rowIndex) =>
      row.flatMap((text, column) => layCell(text, rowIndex, column, widget, metrics)),
    ),
    ...layBorders(widget),
  ]
}

function cellAt({ box, columnWidths, rowHeight }: Table, row: number, column: number): Box {
  const before = columnWidths.slice(0, column).reduce((sum, share) => sum + share, 0)
  return {
    x: box.x + before * box.width,
    y: box.y + row * rowHeight,
    width: (columnWidths[column] ?? 0) * box.width,
    height: rowHeight,
  }
}

function layFills(widget: Table): Mark[] {
  const { box, cells, rowHeight, hasHeader, headerBackground, zebra } = widget
  return cells.flatMap((_, row) => {
    const rowBox = { x: box.x, y: box.y + row * rowHeight, width: box.width, height: rowHeight }
    if (hasHeader && row === 0) return fill(rowBox, headerBackground)
    if (!zebra) return []
    const isEven = (hasHeader ? row - 1 : row) % 2 === 0
    return fill(rowBox, isEven ? zebra.even : zebra.odd)
  })
}

function layCell(text: string, row: number, column: number, widget: Table, metrics: Metrics) {
  const { style, cellPadding, hasHeader, headerColor, textWrap, maxLines } = widget
  const cell = cellAt(widget, row, column)
  const inner = {
    ...cell,
    x: cell.x + cellPadding,
    width: Math.max(0, cell.width - 2 * cellPadding),
  }
  if (textWrap) return layWrapped(text, inner, style, maxLines, metrics)
  const color = hasHeader && row === 0 ? headerColor : style.color
  return lineInBox(text, inner, { ...style, color }, 'horizontal', metrics)
}

/** `horizontal` and `vertical` draw inner lines alone. */
function layBorders(widget: Table): Mark[] {
  const { box, cells, columnWidths, rowHeight, borderStyle, strokeColor, strokeWidth } = widget
  if (borderStyle === 'none' || cells.length === 0) return []
  const height = cells.length * rowHeight
  const bottom = box.y + height
  const right = box.x + box.width
  const points: number[] = []
  if (borderStyle === 'all' || borderStyle === 'horizontal') {
    for (let row = 1; row < cells.length; row += 1) {
      const y = box.y + row * rowHeight
      points.push(box.x, y, right, y)
    }
  }
  if (borderStyle === 'all' || borderStyle === 'vertical') {
    let share = 0
    for (const each of columnWidths.slice(0, -1)) {
      share += each
      const x = box.x + share * box.width
      points.push(x, box.y, x, bottom)
    }
  }
  const pen = { color: strokeColor, width: strokeWidth, cap: 'square' as const }
  if (borderStyle === 'all' || borderStyle === 'outer') {
    points.push(box.x, box.y, right, box.y, box.x, bottom, right, bottom)
    points.push(box.x, box.y, box.x, bottom, right, box.y, right, bottom)
  }
  return segments(points, pen)
}
