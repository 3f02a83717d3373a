import type { Box } from '../compiler/box.ts'
import type { DayList, DayListRow } from '../compiler/compiled-widget.ts'
import type { Metrics } from '../fonts/typesetter.ts'
import { type Mark, fill, segments } from './display-list.ts'
import { lineInBox } from './text-line.ts'

const headerShare = 1.8 // of the size, as the column of week numbers
const dayWidth = 30
const nameWidths = { short: 40, full: 80, narrow: 15 } as const
const columnGap = 6
const ruleGap = 3
const rulePen = { color: '#999999', width: 0.5 }
/** So that a last row which ends with the box is not dropped for a rounding. */
const slack = 0.01

export function layDayList(widget: DayList, metrics: Metrics): Mark[] {
  const { box, header, style } = widget
  const title = { ...box, height: headerHeight(widget) }
  return [
    ...(header === null
      ? []
      : lineInBox(header, title, { ...style, textAlign: 'center' }, 'horizontal', metrics)),
    ...widget.rows.flatMap((row, index) => {
      const rowBox = dayListRow(widget, index)
      return rowBox ? layRow(row, rowBox, widget, metrics) : []
    }),
  ]
}

/** Undefined for a day past the box, which is not drawn. */
export function dayListRow(widget: DayList, index: number): Box | undefined {
  const { box, rowHeight } = widget
  const y = box.y + headerHeight(widget) + index * rowHeight
  if (y + rowHeight > box.y + box.height + slack) return undefined
  return { x: box.x, y, width: box.width, height: rowHeight }
}

function headerHeight({ header, style }: DayList) {
  return header === null ? 0 : style.size * headerShare
}

function layRow(row: DayListRow, box: Box, widget: DayList, metrics: Metrics): Mark[] {
  const { style } = widget
  const marks: Mark[] = fill(box, row.isShaded ? widget.weekendColor : null)
  let x = box.x
  const column = (text: string, width: number, textAlign: 'left' | 'right') => {
    const line = lineInBox(
      text,
      { ...box, x, width },
      { ...style, textAlign },
      'horizontal',
      metrics,
    )
    marks.push(...line)
    x += width
  }
  if (widget.showWeekNumbers) column(row.week ?? '', style.size * headerShare, 'left')
  if (widget.showDayNumbers) {
    column(row.day, dayWidth, 'right')
    x += columnGap
  }
  if (widget.showWeekdayNames) column(row.weekday, nameWidths[widget.weekdayFormat], 'left')
  if (widget.showNotesLines) marks.push(...layNotes(x, box, widget.notesLineCount))
  return marks
}

/** Rules from the bottom of the row up. */
function layNotes(from: number, box: Box, count: number): Mark[] {
  const to = box.x + box.width
  if (from >= to) return []
  const points = Array.from({ length: count }, (_, index) => {
    const y = box.y + box.height - index * ruleGap
    return [from, y, to, y]
  })
  return segments(points.flat(), rulePen)
}
