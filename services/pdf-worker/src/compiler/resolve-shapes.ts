import { readFields } from '@atrium/contracts/planner/fields.ts'
import { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import { placed, textStyleOf, type PartLink, type Resolver } from './resolve.ts'

/*
 * Widgets of one piece. What a fill or stroke is `none` is null: nothing is drawn of it.
 */

export const resolveTextBlock: Resolver = ({ widget, content, properties }) => {
  const fields = widgetFields.text_block
  const { orientation } = readFields(fields.properties, properties)
  const style = textStyleOf(readFields(fields.styling, widget.styling))
  return {
    drawn: { ...placed(widget), type: 'text_block', text: content, style, orientation },
    links: [],
  }
}

export const resolveCheckbox: Resolver = ({ widget, content, properties }) => {
  const fields = widgetFields.checkbox
  const styling = readFields(fields.styling, widget.styling)
  const { checked, boxSize } = readFields(fields.properties, properties)
  const { strokeColor, fillColor, checkColor, lineWidth } = styling
  return {
    drawn: {
      ...placed(widget),
      type: 'checkbox',
      label: content,
      checked,
      boxSize,
      strokeColor,
      fillColor,
      checkColor,
      lineWidth,
      style: textStyleOf(styling),
    },
    links: [],
  }
}

export const resolveLine = (type: 'divider' | 'vertical_line'): Resolver => {
  const fields = widgetFields[type]
  return ({ widget, properties }) => {
    const styling = readFields(fields.styling, widget.styling)
    const given = readFields(fields.properties, properties)
    const strokeColor = styling.strokeColor === undefined ? given.strokeColor : styling.strokeColor
    const lineWidth = styling.lineWidth ?? given.lineThickness
    return { drawn: { ...placed(widget), type, strokeColor, lineWidth }, links: [] }
  }
}

export const resolveLines: Resolver = ({ widget, properties }, { report }) => {
  const fields = widgetFields.lines
  const { strokeColor } = readFields(fields.styling, widget.styling)
  const given = readFields(fields.properties, properties)
  const says = given.lineCount !== null || given.lineSpacing !== null
  const lineCount = says ? (given.lineCount ?? lineCountByDefault) : 0
  const { width, height } = widget.position
  const hasRoom =
    width > given.marginLeft + given.marginRight && height >= given.topPadding + given.bottomPadding
  const isGrid = given.lineStyle === 'grid' || given.verticalGuides.length > 0
  if ((lineCount === 0 && !(says && isGrid)) || !hasRoom) {
    report({ code: 'nothing-to-draw', field: 'lineCount', detail: 'draws no lines' })
  }
  return {
    drawn: {
      ...placed(widget),
      type: 'lines',
      lineSpacing: given.lineSpacing ?? lineSpacingByDefault,
      lineCount,
      lineThickness: given.lineThickness,
      strokeColor,
      lineStyle: given.lineStyle,
      lineCap: given.lineCap,
      marginLeft: given.marginLeft,
      marginRight: given.marginRight,
      topPadding: given.topPadding,
      bottomPadding: given.bottomPadding,
      columns: given.columns,
      columnGap: given.columnGap,
      gridSpacing: given.gridSpacing,
      verticalGuides: given.verticalGuides.filter((share) => share >= 0 && share <= 1),
    },
    links: [],
  }
}

const lineCountByDefault = 10
export const lineSpacingByDefault = 20

export const resolveDotGrid: Resolver = ({ widget, properties }, { report }) => {
  const given = readFields(widgetFields.dot_grid.properties, properties)
  const { width, height } = widget.position
  const isEmpty =
    width < given.marginLeft + given.marginRight || height < given.marginTop + given.marginBottom
  if (isEmpty) {
    report({ code: 'nothing-to-draw', field: 'gridCellSize', detail: 'has no room for a dot' })
  }
  const dotSize = Math.min(given.dotSize, given.gridCellSize / 2)
  return {
    drawn: {
      ...placed(widget),
      type: 'dot_grid',
      gridCellSize: given.gridCellSize,
      dotSize,
      dotShape: given.dotShape,
      dotColor: given.dotColor,
      marginLeft: given.marginLeft,
      marginRight: given.marginRight,
      marginTop: given.marginTop,
      marginBottom: given.marginBottom,
    },
    links: [],
  }
}

export const resolveBox: Resolver = ({ widget, properties }) => {
  const { strokeColor, fillColor, lineWidth } = readFields(widgetFields.box.styling, widget.styling)
  const { cornerRadius, opacity } = readFields(widgetFields.box.properties, properties)
  const { width, height } = widget.position
  return {
    drawn: {
      ...placed(widget),
      type: 'box',
      strokeColor,
      fillColor,
      lineWidth,
      cornerRadius: Math.min(cornerRadius, width / 2, height / 2),
      opacity,
    },
    links: [],
  }
}

export const resolveAnchor: Resolver = ({ widget }) => ({
  drawn: { ...placed(widget), type: 'anchor' },
  links: [],
})

export const resolveInternalLink: Resolver = ({ widget, content, properties }, { report }) => {
  const fields = widgetFields.internal_link
  const given = readFields(fields.properties, properties)
  const link = linkOf(given)
  if (link === undefined) {
    report({ code: 'destination-missing', field: 'toDest', detail: 'names no destination' })
  }
  return {
    drawn: {
      ...placed(widget),
      type: 'internal_link',
      text: content,
      fillColor: given.highlight ? given.highlightColor : given.backgroundColor,
      style: textStyleOf(readFields(fields.styling, widget.styling)),
      orientation: given.orientation,
    },
    links: link === undefined ? [] : [link],
  }
}

export const resolveTapZone: Resolver = ({ widget, properties }) => {
  const given = readFields(widgetFields.tap_zone.properties, properties)
  const { tapAction: action, targetPage } = given
  const tap = {
    part: null,
    field: 'tapAction',
    leads: { kind: 'tap', action, targetPage },
  } as const
  return { drawn: { ...placed(widget), type: 'tap_zone' }, links: [linkOf(given) ?? tap] }
}

function linkOf(given: { readonly toDest: string; readonly bind: string }): PartLink | undefined {
  const field = given.toDest === '' ? 'bind' : 'toDest'
  const template = given[field]
  if (template === '') return undefined
  const isBind = field === 'bind'
  return { part: null, field, leads: { kind: 'template', template, own: new Map(), isBind } }
}

export const resolveImage: Resolver = ({ widget, properties }, { report }) => {
  const given = readFields(widgetFields.image.properties, properties)
  const fit = given.imageFit.trim().toLowerCase()
  if (given.imageSrc !== '') {
    const detail = 'is not fetched: an image is an asset, named by assetId'
    report({ code: 'image-source-ignored', field: 'imageSrc', detail })
  }
  if (given.assetId === '') {
    report({ code: 'image-missing', field: 'assetId', detail: 'names no asset' })
  }
  return {
    drawn: {
      ...placed(widget),
      type: 'image',
      assetId: given.assetId === '' ? null : given.assetId,
      fit: fit === 'fit' || fit === 'actual' ? fit : 'stretch',
      convertToGrayscale: given.convertToGrayscale,
      opacity: given.opacity,
    },
    links: [],
  }
}
