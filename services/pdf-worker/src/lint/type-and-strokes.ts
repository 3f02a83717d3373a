import { own, readFields, shapeColor, type RawFields } from '@atrium/contracts/planner/fields.ts'
import type { Widget } from '@atrium/contracts/planner/planner.ts'
import { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import { setting, type Fault, type LintedWidget, type WidgetRule } from './finding.ts'

/** Type that is smaller cannot be read. */
export const fontSize: WidgetRule = (linted, { device }) => {
  const { widget } = linted
  const { styling } = widgetFields[widget.type]
  if (!('size' in styling)) return []
  const { size } = readFields(styling, widget.styling)
  return below(linted, '/styling/size', 'font_size', size, device.minFontPt)
}

/** Strokes that are thinner break up or vanish. One that is not drawn is none. */
export const strokeWidth: WidgetRule = (linted, { device }) =>
  strokesOf(linted.widget).flatMap(({ field, width }) =>
    below(linted, field, 'stroke_width', width, device.minStrokePt),
  )

function below(
  widget: LintedWidget,
  field: string,
  rule: Fault['rule'],
  value: number,
  limit: number,
): Fault[] {
  if (value >= limit) return []
  return [{ widget, field, rule, value, limit, changes: [setting(widget, field, limit)] }]
}

interface DrawnStroke {
  /** Where its width is said. */
  readonly field: string
  readonly width: number
}

function strokesOf(widget: Widget): readonly DrawnStroke[] {
  const strokes = allStrokesOf(widget)
  return strokes.filter(({ width }) => width > 0)
}

function allStrokesOf({ type, styling, properties }: Widget): readonly DrawnStroke[] {
  switch (type) {
    case 'divider':
    case 'vertical_line': {
      const fields = widgetFields[type]
      const { strokeColor, lineWidth } = readFields(fields.styling, styling)
      const given = readFields(fields.properties, properties)
      if (strokeColor === null || (strokeColor === undefined && given.strokeColor === null))
        return []
      return lineWidth === null
        ? [{ field: '/properties/lineThickness', width: given.lineThickness }]
        : [{ field: '/styling/lineWidth', width: lineWidth }]
    }
    case 'lines': {
      const width = readFields(widgetFields.lines.properties, properties).lineThickness
      return isDrawn(styling) ? [{ field: '/properties/lineThickness', width }] : []
    }
    case 'box':
    case 'checkbox': {
      const width = readFields(widgetFields[type].styling, styling).lineWidth
      return isDrawn(styling) ? [{ field: '/styling/lineWidth', width }] : []
    }
    case 'calendar': {
      const given = readFields(widgetFields.calendar.properties, properties)
      const isShown = given.showGridLines || given.calendarType === 'custom_range'
      return isShown ? [{ field: '/properties/gridLineWidth', width: given.gridLineWidth }] : []
    }
    case 'table': {
      const given = readFields(widgetFields.table.properties, properties)
      const styled = readFields(widgetFields.table.styling, styling)
      const color = given.strokeColor === undefined ? styled.strokeColor : given.strokeColor
      if (given.borderStyle === 'none' || color === null) return []
      const width = given.strokeWidth ?? styled.strokeWidth
      return [{ field: '/properties/strokeWidth', width }]
    }
    case 'text_block':
    case 'dot_grid':
    case 'anchor':
    case 'internal_link':
    case 'tap_zone':
    case 'link_list':
    case 'day_list':
    case 'image':
      return []
  }
}

const isDrawn = (styling: RawFields) =>
  shapeColor('#000000').read(own(styling, 'strokeColor')) !== null
