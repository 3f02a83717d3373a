import {
  choice,
  flag,
  integer,
  number,
  numbers,
  rowsOfTexts,
  shapeColor,
  text,
  textColor,
  texts,
  type Fields,
} from './fields.ts'
import { plannerLimits } from './limits.ts'

/*
 * The 15 types of widgets, each with its styling and properties: names, defaults and ranges. In
 * `properties` every text may hold tokens; styling holds none.
 */

const orientation = choice(['horizontal', 'vertical_cw', 'vertical_ccw'], 'horizontal', {
  vertical: 'vertical_cw',
})
const fraction = { minimum: 0, maximum: 1 }
const length = { minimum: 0, maximum: plannerLimits.lengthMaxPt }
const stroke = { minimum: 0, maximum: 10 }

const textStylingOf = (size: number, color: string) => ({
  font: text('Helvetica'),
  size: number(size, { minimum: 6, maximum: 72, aliases: ['fontSize'] }),
  color: textColor(color, ['fontColor']),
  textAlign: choice(['left', 'center', 'right'], 'left'),
  underline: flag(false),
  lineHeight: number(1.2, { minimum: 0.8, maximum: 10 }),
})
const textStyling = textStylingOf(12, '#000000')
const linkStyling = textStylingOf(12, '#0066CC')

const textBlock = { styling: textStyling, properties: { orientation } }

const checkbox = {
  styling: {
    ...textStyling,
    strokeColor: shapeColor('#000000'),
    fillColor: shapeColor('#FFFFFF'),
    checkColor: shapeColor('#000000'),
    lineWidth: number(1, { minimum: 0.1, maximum: 5 }),
  },
  properties: { checked: flag(false), boxSize: number(12, { minimum: 4, maximum: 50 }) },
}

/** Editors write the properties; what the styling says comes first. */
const line = {
  styling: { strokeColor: shapeColor(undefined), lineWidth: number(null, stroke) },
  properties: { strokeColor: shapeColor('#000000'), lineThickness: number(1, stroke) },
}

const lines = {
  styling: { strokeColor: shapeColor('#000000') },
  properties: {
    lineSpacing: number(null, { minimum: 1, maximum: plannerLimits.lengthMaxPt }),
    lineCount: integer(null, { minimum: 0, maximum: 1_000 }),
    lineThickness: number(0.75, { minimum: 0.1, maximum: 10 }),
    marginLeft: number(0, length),
    marginRight: number(0, length),
    topPadding: number(0, length),
    bottomPadding: number(0, length),
    lineStyle: choice(['solid', 'dotted', 'dashed', 'grid'], 'solid'),
    lineCap: choice(['butt', 'round', 'square'], 'butt'),
    columns: integer(1, { minimum: 1, maximum: 10 }),
    columnGap: number(20, length),
    gridSpacing: number(20, { minimum: 1, maximum: plannerLimits.lengthMaxPt }),
    verticalGuides: numbers,
  },
}

const dotGrid = {
  styling: {},
  properties: {
    gridCellSize: number(10, { minimum: 5, maximum: 100 }),
    dotSize: number(1.5, { minimum: 0.5, maximum: 10 }),
    dotShape: choice(['round', 'square'], 'round'),
    dotColor: shapeColor('#CCCCCC'),
    marginLeft: number(0, length),
    marginRight: number(0, length),
    marginTop: number(0, length),
    marginBottom: number(0, length),
  },
}

const box = {
  styling: {
    strokeColor: shapeColor('#000000'),
    fillColor: shapeColor(null),
    lineWidth: number(1, stroke),
  },
  properties: {
    cornerRadius: number(0, { minimum: 0, maximum: 50 }),
    opacity: number(1, fraction),
  },
}

const destination = { toDest: text(), bind: text() }

const highlighting = {
  highlightColor: shapeColor('#dbeafe'),
  backgroundColor: shapeColor(null),
}

const internalLink = {
  styling: linkStyling,
  properties: { ...destination, ...highlighting, highlight: flag(false), orientation },
}

const tapZone = {
  styling: {},
  properties: {
    ...destination,
    tapAction: text('page_link'),
    targetPage: text(),
    outline: flag(false),
  },
}

const linkList = {
  styling: linkStyling,
  properties: {
    labels: texts,
    destinations: texts,
    columns: integer(1, { minimum: 1, maximum: 1_000 }),
    gapX: number(0, length),
    gapY: number(0, length),
    itemHeight: number(null, { minimum: 1, maximum: plannerLimits.lengthMaxPt }),
    orientation,
    highlightIndex: integer(null),
    ...highlighting,
    // The older form: so many links from one template.
    count: integer(1, { minimum: 0, maximum: plannerLimits.listItemsMax }),
    startIndex: integer(1, { minimum: 0, maximum: 1_000_000 }),
    indexPad: integer(3, { minimum: 0, maximum: 10 }),
    labelTemplate: text('Note {index_padded}'),
    bind: text(),
  },
}

/** How cells link, in calendars and day lists alike. */
const cellLinksFrom = (firstPageNumber: number) => ({
  linkStrategy: choice(
    ['none', 'no_links', 'named_destinations', 'template', 'sequential_pages', 'simple'],
    'none',
  ),
  linkTemplate: text('day:{date}'),
  firstPageNumber: integer(firstPageNumber, { minimum: 1, maximum: 1_000_000 }),
  pagesPerDate: integer(1, { minimum: 1, maximum: plannerLimits.pagesPerItemMax }),
})

const firstDayOfWeek = choice(['monday', 'sunday'], 'monday', { 0: 'monday', 6: 'sunday' })

const calendar = {
  styling: textStyling,
  properties: {
    calendarType: choice(['monthly', 'weekly', 'custom_range'], 'monthly'),
    startDate: text(),
    firstDayOfWeek,
    showWeekdays: flag(true),
    showMonthName: flag(null),
    showYear: flag(null),
    /** The older switch for both. */
    showMonthYear: flag(null),
    showGridLines: flag(true),
    gridLineWidth: number(0.5, { minimum: 0.1, maximum: 5 }),
    weekdayLabelStyle: choice(['short', 'narrow', 'full'], 'short'),
    monthNameFormat: choice(['long', 'short'], 'long'),
    cellPadding: number(4, { minimum: 0, maximum: 100 }),
    highlightDate: text(),
    highlightToday: flag(false),
    weekNumbers: flag(false),
    forceWeeks: integer(null, { minimum: 1, maximum: 6 }),
    showTrailingDays: flag(false),
    layoutOrientation: choice(['horizontal', 'vertical'], 'horizontal'),
    cellMinSize: number(24, { minimum: 1, maximum: 1_000 }),
    showTimeGrid: flag(false),
    timeSlotMinutes: integer(60, { minimum: 5, maximum: 240 }),
    timeStartHour: integer(8, { minimum: 0, maximum: 23 }),
    timeEndHour: integer(20, { minimum: 1, maximum: 24 }),
    showTimeGutter: flag(false),
    timeLabelInterval: integer(60, { minimum: 5, maximum: 1_440 }),
    ...cellLinksFrom(1),
    /** Said nowhere, weeks lead to `week:{week}` where that is. */
    weekLinkTemplate: text(),
  },
}

const dayList = {
  styling: textStylingOf(10, '#000000'),
  properties: {
    startDate: text(),
    firstDayOfWeek,
    showMonthHeader: flag(false),
    showYearInHeader: flag(false),
    rowHeight: number(20, { minimum: 1, maximum: 1_000 }),
    showWeekNumbers: flag(false),
    showDayNumbers: flag(true),
    showWeekdayNames: flag(true),
    weekdayFormat: choice(['short', 'full', 'narrow'], 'short'),
    notesLineCount: integer(1, { minimum: 0, maximum: 50 }),
    showNotesLines: flag(true),
    highlightWeekends: flag(false),
    weekendColor: shapeColor('#F0F0F0'),
    ...cellLinksFrom(2),
  },
}

const image = {
  styling: {},
  properties: {
    assetId: text(),
    imageSrc: text(),
    /** `fit` or `actual`; whatever else is written stretches. */
    imageFit: text('fit'),
    convertToGrayscale: flag(false),
    opacity: number(1, fraction),
  },
}

/** Strokes come from the properties; where those say nothing, from the styling. */
const table = {
  styling: {
    ...textStyling,
    strokeColor: shapeColor('#000000'),
    strokeWidth: number(1, { ...stroke, aliases: ['lineWidth'] }),
  },
  properties: {
    rows: integer(null, { minimum: 1, maximum: plannerLimits.tableRowsMax }),
    columns: integer(null, { minimum: 1, maximum: plannerLimits.tableColumnsMax }),
    hasHeader: flag(true),
    tableData: rowsOfTexts,
    columnWidths: numbers,
    rowHeight: number(24, { minimum: 1, maximum: 1_000 }),
    cellPadding: number(4, { minimum: 0, maximum: 100 }),
    textAlign: choice(['left', 'center', 'right'], 'left'),
    textWrap: flag(true),
    maxLines: integer(2, { minimum: 1, maximum: 100 }),
    borderStyle: choice(['all', 'none', 'outer', 'horizontal', 'vertical'], 'all'),
    strokeColor: shapeColor(undefined),
    strokeWidth: number(null, stroke),
    headerBackground: shapeColor('#F0F0F0'),
    headerColor: textColor('#000000'),
    zebraRows: flag(false),
    evenRowBg: shapeColor('#FFFFFF'),
    oddRowBg: shapeColor('#F8F8F8'),
    linkTemplate: text(),
    linkColumns: numbers,
  },
}

export const widgetFields = {
  text_block: textBlock,
  checkbox,
  divider: line,
  vertical_line: line,
  lines,
  dot_grid: dotGrid,
  box,
  anchor: { styling: {}, properties: { destId: text() } },
  internal_link: internalLink,
  tap_zone: tapZone,
  link_list: linkList,
  calendar,
  day_list: dayList,
  image,
  table,
} as const satisfies Readonly<Record<string, { styling: Fields; properties: Fields }>>

export type WidgetType = keyof typeof widgetFields
export const widgetTypes = Object.keys(widgetFields) as readonly WidgetType[]
