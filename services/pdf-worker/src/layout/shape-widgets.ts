import type { BoxShape, DotGrid, Image, Line, Lines } from '../compiler/compiled-widget.ts'
import { type Mark, fill, frame, segments } from './display-list.ts'

export function layLine(widget: Line): Mark[] {
  const { x, y, width, height } = widget.box
  const pen = { color: widget.strokeColor, width: widget.lineWidth }
  const middleX = x + width / 2
  const middleY = y + height / 2
  return widget.type === 'divider'
    ? segments([x, middleY, x + width, middleY], pen)
    : segments([middleX, y, middleX, y + height], pen)
}

const dashes = { solid: [], grid: [], dotted: [1, 3], dashed: [5, 3] } as const

export function layLines(widget: Lines): Mark[] {
  const pen = {
    color: widget.strokeColor,
    width: widget.lineThickness,
    dash: dashes[widget.lineStyle],
    cap: widget.lineCap,
  }
  const rows = rowsOfLines(widget)
  if (rows.length === 0) return []
  const across = columnsOfLines(widget).flatMap(({ from, to }) =>
    rows.flatMap((y) => [from, y, to, y]),
  )
  const { y, height } = widget.box
  const upright = verticalsOfLines(widget).flatMap((x) => [x, y, x, y + height])
  return [...segments(across, pen), ...segments(upright, pen)]
}

/** From the top padding down, as many as are wanted and there is room for. */
function rowsOfLines({ box, topPadding, bottomPadding, lineCount, lineSpacing }: Lines) {
  const room = box.height - topPadding - bottomPadding
  if (room < 0) return []
  const fitting = Math.floor(room / lineSpacing + roundingSlack) + 1
  const count = Math.min(lineCount, fitting)
  return Array.from({ length: count }, (_, index) => box.y + topPadding + index * lineSpacing)
}

/** So that 10 × 0.1 is found to fit into 1. */
const roundingSlack = 1e-9

function columnsOfLines({ box, marginLeft, marginRight, columns, columnGap }: Lines) {
  const inner = box.width - marginLeft - marginRight
  const width = (inner - (columns - 1) * columnGap) / columns
  if (width <= 0) return []
  return Array.from({ length: columns }, (_, index) => {
    const from = box.x + marginLeft + index * (width + columnGap)
    return { from, to: from + width }
  })
}

function verticalsOfLines(widget: Lines) {
  const { box, marginLeft, marginRight, lineStyle, gridSpacing, verticalGuides } = widget
  const left = box.x + marginLeft
  const inner = box.width - marginLeft - marginRight
  if (inner <= 0) return []
  const guides = verticalGuides.map((share) => left + share * inner)
  if (lineStyle !== 'grid') return guides
  const count = Math.floor(inner / gridSpacing + roundingSlack) + 1
  return [...Array.from({ length: count }, (_, index) => left + index * gridSpacing), ...guides]
}

/** From the inner bottom left corner right and up. */
export function layDotGrid(widget: DotGrid): Mark[] {
  const { box, gridCellSize: step, dotSize, dotShape, dotColor } = widget
  const width = box.width - widget.marginLeft - widget.marginRight
  const height = box.height - widget.marginTop - widget.marginBottom
  if (dotColor === null || width < 0 || height < 0) return []
  return [
    {
      kind: 'fill',
      shape: {
        kind: 'dots',
        x: box.x + widget.marginLeft,
        y: box.y + box.height - widget.marginBottom,
        columns: Math.floor(width / step + roundingSlack) + 1,
        rows: Math.floor(height / step + roundingSlack) + 1,
        step,
        size: dotSize,
        isRound: dotShape === 'round',
      },
      color: dotColor,
      opacity: 1,
    },
  ]
}

/** The border stands with its middle on the edge. */
export function layBox(widget: BoxShape): Mark[] {
  const { box, fillColor, strokeColor, lineWidth, cornerRadius, opacity } = widget
  const border = lineWidth === 0 ? null : strokeColor
  return [
    ...fill(box, fillColor, opacity, cornerRadius),
    ...frame(box, { color: border, width: lineWidth, opacity }, cornerRadius),
  ]
}

export function layImage(widget: Image): Mark[] {
  if (widget.assetId === null) return []
  return [
    {
      kind: 'picture',
      assetId: widget.assetId,
      box: widget.box,
      fit: widget.fit,
      isGrey: widget.convertToGrayscale,
      opacity: widget.opacity,
    },
  ]
}
