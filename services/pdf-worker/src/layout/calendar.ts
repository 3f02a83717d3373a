import type { Box } from '../compiler/box.ts'
import type { Calendar, CalendarDay, TextStyle, TimeGrid } from '../compiler/compiled-widget.ts'
import type { Metrics } from '../fonts/typesetter.ts'
import { type Mark, frame, segments } from './display-list.ts'
import { lineInBox, lineOnBaseline } from './text-line.ts'

const gridColor = '#000000'
const weekColor = '#CCCCCC'
const framePen = { color: '#000000', width: 1.5 }
const outsideColor = '#888888'
const smallLetters = 0.8 // of the size

/** Where the parts of a calendar lie. */
interface Grid {
  readonly title: Box
  readonly labels: Box
  /** Left of the days: week numbers, hours, or the names of a vertical week's rows. */
  readonly gutter: Box
  readonly days: Box
  readonly columns: number
  readonly rows: number
}

/** Heights and widths as multiples of the size of type. */
const monthlyShares = { title: 1.5, labels: 1.5, weekNumbers: 1.8 }
const weeklyShares = { title: 2, labels: 1.5, hours: 2.2 }
const verticalShares = { title: 2, hours: 1.5, names: 4 }

function gridOf(widget: Calendar): Grid {
  const { box, layout, style, title, weekdayLabels, timeGrid } = widget
  const { size } = style
  const isVertical = layout === 'vertical'
  const shares = layout === 'monthly' ? monthlyShares : weeklyShares
  const titleHeight = title === null ? 0 : size * shares.title
  const hasLabels = isVertical ? timeGrid !== null : weekdayLabels !== null
  const labelsHeight = hasLabels ? size * (isVertical ? verticalShares.hours : shares.labels) : 0
  const gutterWidth = size * gutterShare(widget)
  const rows = isVertical ? 7 : layout === 'weekly' ? 1 : Math.max(1, widget.rows.length)
  const rest = box.height - titleHeight - labelsHeight
  const least = layout === 'monthly' ? 0 : widget.cellMinSize * rows
  const height = Math.max(rest, least, 0)
  const top = box.y + titleHeight + labelsHeight
  const left = box.x + gutterWidth
  const width = Math.max(0, box.width - gutterWidth)
  return {
    title: { x: box.x, y: box.y, width: box.width, height: titleHeight },
    labels: { x: left, y: box.y + titleHeight, width, height: labelsHeight },
    gutter: { x: box.x, y: top, width: gutterWidth, height },
    days: { x: left, y: top, width, height },
    columns: isVertical ? 1 : 7,
    rows,
  }
}

function gutterShare({ layout, hasWeekNumbers, timeGrid }: Calendar) {
  if (layout === 'vertical') return verticalShares.names
  if (layout === 'weekly') return timeGrid?.showGutter ? weeklyShares.hours : 0
  return hasWeekNumbers ? monthlyShares.weekNumbers : 0
}

function cell({ days, columns, rows }: Grid, row: number, column: number): Box {
  const width = days.width / columns
  const height = days.height / rows
  return { x: days.x + column * width, y: days.y + row * height, width, height }
}

/** The area of a link: a day, the name and the row of a vertical week's day, a week's number. */
export function calendarPart(widget: Calendar, part: number): Box {
  const grid = gridOf(widget)
  if (widget.layout === 'vertical') {
    const { x, width } = widget.box
    return { ...cell(grid, part, 0), x, width }
  }
  const ofWeekNumbers = widget.rows.length * 7
  if (part < ofWeekNumbers) return cell(grid, Math.floor(part / 7), part % 7)
  const { x, width } = grid.gutter
  return { ...cell(grid, part - ofWeekNumbers, 0), x, width }
}

export function layCalendar(widget: Calendar, metrics: Metrics): Mark[] {
  if (widget.layout === 'frame') {
    return frame(widget.box, { color: gridColor, width: widget.gridLineWidth })
  }
  const grid = gridOf(widget)
  return [
    ...layTitle(widget, grid, metrics),
    ...layWeekdays(widget, grid, metrics),
    ...layRules(widget, grid),
    ...layWeekNumbers(widget, grid, metrics),
    ...(widget.timeGrid ? layHours(widget, widget.timeGrid, grid, metrics) : []),
    ...layDays(widget, grid, metrics),
  ]
}

function layTitle({ title, style }: Calendar, grid: Grid, metrics: Metrics): Mark[] {
  if (title === null) return []
  return lineInBox(title, grid.title, { ...style, textAlign: 'center' }, 'horizontal', metrics)
}

function layWeekdays({ weekdayLabels, style }: Calendar, grid: Grid, metrics: Metrics): Mark[] {
  if (weekdayLabels === null) return []
  const type = { ...style, size: style.size * smallLetters, textAlign: 'center' as const }
  const width = grid.labels.width / weekdayLabels.length
  return weekdayLabels.flatMap((label, column) => {
    const box = { ...grid.labels, x: grid.labels.x + column * width, width }
    return lineInBox(label, box, type, 'horizontal', metrics)
  })
}

/** The lines between days; those of a vertical week run below the names of its rows as well. */
function layRules(widget: Calendar, grid: Grid): Mark[] {
  const { layout, box, gridLineWidth: width } = widget
  if (!widget.showGridLines) return []
  const { days, columns, rows } = grid
  const left = layout === 'vertical' ? box.x : days.x
  const right = days.x + days.width
  const across = Array.from({ length: rows + 1 }, (_, row) => {
    const y = days.y + (days.height * row) / rows
    return [left, y, right, y]
  })
  const xs = Array.from({ length: columns + 1 }, (_, n) => days.x + (days.width * n) / columns)
  if (left < days.x) xs.unshift(left)
  const down = xs.map((x) => [x, days.y, x, days.y + days.height])
  const color = layout === 'monthly' ? gridColor : weekColor
  return segments([...across, ...down].flat(), { color, width, cap: 'square' })
}

function layWeekNumbers(widget: Calendar, grid: Grid, metrics: Metrics): Mark[] {
  const { hasWeekNumbers, layout, rows, style } = widget
  if (!hasWeekNumbers || layout !== 'monthly') return []
  const size = Math.min(style.size * smallLetters, numberSize(widget, grid, metrics))
  const type = { ...style, size, textAlign: 'center' as const }
  return rows.flatMap(({ weekNumber }, row) => {
    const { x, width } = grid.gutter
    const box = { ...cell(grid, row, 0), x, width }
    return lineAtTop(String(weekNumber), box, type, widget.cellPadding, metrics)
  })
}

function layDays(given: Calendar, grid: Grid, metrics: Metrics): Mark[] {
  const size = numberSize(given, grid, metrics)
  const widget = { ...given, style: { ...given.style, size } }
  const { layout, rows } = widget
  return rows.flatMap(({ days }, row) =>
    days.flatMap((day, column) => {
      if (!day) return []
      const box = cell(grid, row, column)
      if (layout === 'vertical') {
        const { x, width } = grid.gutter
        return layDay(day, { ...box, x, width }, widget, metrics)
      }
      return layDay(day, box, widget, metrics)
    }),
  )
}

function layDay(day: CalendarDay, box: Box, widget: Calendar, metrics: Metrics): Mark[] {
  const { style, cellPadding } = widget
  const type = day.isOutside ? { ...style, color: outsideColor } : style
  const inset = framePen.width / 2
  const inner = {
    x: box.x + inset,
    y: box.y + inset,
    width: box.width - 2 * inset,
    height: box.height - 2 * inset,
  }
  return [
    ...lineAtTop(day.text, box, type, cellPadding, metrics),
    ...(day.isFramed ? frame(inner, framePen) : []),
  ]
}

/**
 * The size of a month's numbers: what is asked for, but no larger than its cells are, where they
 * would be cut or run into each other.
 */
function numberSize({ layout, rows, style }: Calendar, grid: Grid, metrics: Metrics): number {
  const { font, size } = style
  if (layout !== 'monthly') return size
  const numbers = new Set(rows.flatMap(({ days }) => days.map((day) => day?.text ?? '')))
  const widest = Math.max(...[...numbers].map((text) => metrics.widthOf(text, font, size)))
  const { width, height } = cell(grid, 0, 0)
  const byWidth = widest > width * widthShare ? (size * width * widthShare) / widest : size
  return Math.min(size, byWidth, height / lineShare)
}

/** Of a cell, what its number may fill; and of the size, what a row needs to be high. */
const widthShare = 0.85
const lineShare = 0.9

/**
 * At the top of a day's cell, inset by the padding, but never by more than a quarter of it; a text
 * that is too long for that goes to the edge.
 */
function lineAtTop(text: string, cellBox: Box, type: TextStyle, padding: number, metrics: Metrics) {
  const inset = Math.min(padding, cellBox.width / 4, cellBox.height / 4)
  const room = cellBox.width - 2 * inset
  const needed = metrics.widthOf(text, type.font, type.size)
  const width = Math.max(room, Math.min(needed, cellBox.width - inset))
  const box = { ...cellBox, x: cellBox.x + inset, width }
  return lineOnBaseline(text, box, cellBox.y + inset + type.size * digitHeight, type, metrics)
}

/** How high the digits of most fonts are, as a share of the size. */
const digitHeight = 0.75

/** Rules at every slot; below the numbers of the days, or right of the names of the rows. */
function layHours(widget: Calendar, time: TimeGrid, grid: Grid, metrics: Metrics): Mark[] {
  const { layout, style, cellPadding } = widget
  const isVertical = layout === 'vertical'
  const { days } = grid
  const numbers = isVertical ? 0 : Math.min(style.size + 2 * cellPadding, days.height)
  const start = isVertical ? days.x : days.y + numbers
  const length = isVertical ? days.width : days.height - numbers
  const at = (minute: number) =>
    start + (length * (minute - time.startMinute)) / (time.endMinute - time.startMinute)
  const points: number[] = []
  for (let minute = time.startMinute; minute <= time.endMinute; minute += time.slotMinutes) {
    const place = at(minute)
    if (isVertical) points.push(place, days.y, place, days.y + days.height)
    else points.push(days.x, place, days.x + days.width, place)
  }
  const type = { ...style, size: style.size * smallLetters }
  const labels = time.labels.flatMap(({ minute, text }) => {
    if (isVertical) {
      const width = metrics.widthOf(text, type.font, type.size)
      const x = Math.min(at(minute) - width / 2, days.x + days.width - width)
      return lineInBox(text, { ...grid.labels, x, width }, type, 'horizontal', metrics)
    }
    const height = type.size * 1.2
    const { x, width } = grid.gutter
    const box = { x, y: at(minute) - height / 2, width: width - labelGap, height }
    return lineInBox(text, box, { ...type, textAlign: 'right' }, 'horizontal', metrics)
  })
  const pen = { color: weekColor, width: widget.gridLineWidth }
  return [...segments(points, pen), ...(isVertical || time.showGutter ? labels : [])]
}

const labelGap = 3
