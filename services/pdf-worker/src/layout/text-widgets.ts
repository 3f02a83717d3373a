import type { Box } from '../compiler/box.ts'
import type { Checkbox, InternalLink, LinkList, TextBlock } from '../compiler/compiled-widget.ts'
import type { Metrics } from '../fonts/typesetter.ts'
import { type Mark, fill } from './display-list.ts'
import { lineInBox, startOf } from './text-line.ts'
import { wrap } from './wrap.ts'

/** Wraps; the lines as a block stand in the middle, and what is too much spills at both ends. */
export function layTextBlock(widget: TextBlock, metrics: Metrics): Mark[] {
  const { text, box, style, orientation } = widget
  if (text.trim() === '') return []
  const { font, size, lineHeight } = style
  const isUpright = orientation === 'horizontal'
  const room = isUpright ? box.width : box.height
  const lines = wrap(text, font, room, (each, face) => metrics.widthOf(each, face, size))
  const pitch = size * lineHeight
  const free = (isUpright ? box.height : box.width) - lines.length * pitch
  return lines.flatMap((line, index) => {
    const offset = free / 2 + index * pitch
    const strip = isUpright
      ? { x: box.x, y: box.y + offset, width: box.width, height: pitch }
      : { x: box.x + offset, y: box.y, width: pitch, height: box.height }
    return lineInBox(line, strip, style, orientation, metrics)
  })
}

const labelGap = 4

/** Box, gap and label stand together as one thing that is aligned. */
export function layCheckbox(widget: Checkbox, metrics: Metrics): Mark[] {
  const { box, label, boxSize, style } = widget
  const labelWidth = metrics.widthOf(label, style.font, style.size)
  const whole = label === '' ? boxSize : boxSize + labelGap + labelWidth
  const x = box.x + startOf(style.textAlign, box.width - whole)
  const y = box.y + (box.height - boxSize) / 2
  const labelX = x + boxSize + labelGap
  const labelBox = { x: labelX, y, width: box.x + box.width - labelX, height: boxSize }
  const type = { ...style, textAlign: 'left' as const }
  return [
    {
      kind: 'tickbox',
      widgetId: widget.id,
      label,
      box: { x, y, width: boxSize, height: boxSize },
      isTicked: widget.checked,
      strokeColor: widget.strokeColor,
      fillColor: widget.fillColor,
      checkColor: widget.checkColor,
      lineWidth: widget.lineWidth,
    },
    ...lineInBox(label, labelBox, type, 'horizontal', metrics),
  ]
}

export function layInternalLink(widget: InternalLink, metrics: Metrics): Mark[] {
  const { text, box, style, orientation, fillColor } = widget
  return [...fill(box, fillColor), ...lineInBox(text, box, style, orientation, metrics)]
}

export function layLinkList(widget: LinkList, metrics: Metrics): Mark[] {
  return widget.items.flatMap((item, index) => {
    if (!item) return []
    const box = linkListItem(widget, index)
    return [
      ...fill(box, item.fillColor),
      ...lineInBox(item.text, box, widget.style, widget.orientation, metrics),
    ]
  })
}

/**
 * Row by row. Rotated, the list is laid out in a box of swapped sides and turned with it: clockwise
 * its rows become strips from right to left that read down, else from left to right, up.
 */
export function linkListItem(widget: LinkList, index: number): Box {
  const { box, columns, gapX, gapY, itemHeight, items, orientation } = widget
  const isUpright = orientation === 'horizontal'
  const [length, depth] = isUpright ? [box.width, box.height] : [box.height, box.width]
  const rows = Math.max(1, Math.ceil(items.length / columns))
  const width = (length - (columns - 1) * gapX) / columns
  const height = itemHeight ?? (depth - (rows - 1) * gapY) / rows
  const along = (index % columns) * (width + gapX)
  const across = Math.floor(index / columns) * (height + gapY)
  if (isUpright) return { x: box.x + along, y: box.y + across, width, height }
  const turned = { width: height, height: width }
  if (orientation === 'vertical_cw') {
    return { x: box.x + depth - across - height, y: box.y + along, ...turned }
  }
  return { x: box.x + across, y: box.y + length - along - width, ...turned }
}
