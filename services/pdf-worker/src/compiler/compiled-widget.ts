import type { Box } from './box.ts'

/**
 * What is drawn, with every value resolved and inside its limits. Colours are `#RRGGBB`; null is no
 * fill, or a stroke that is not drawn. Sizes are points.
 */
export type CompiledWidget =
  | TextBlock
  | Checkbox
  | Line
  | Lines
  | DotGrid
  | BoxShape
  | Anchor
  | InternalLink
  | TapZone
  | LinkList
  | Calendar
  | DayList
  | Image
  | Table

interface Placed {
  readonly id: string
  readonly box: Box
  /** Painted first, over the whole box. */
  readonly backgroundColor: string | null
}

export interface TextStyle {
  /** As the project names it: a face, or the id of an asset. */
  readonly font: string
  readonly size: number
  readonly color: string
  readonly textAlign: 'left' | 'center' | 'right'
  readonly underline: boolean
  /** A factor on the size. */
  readonly lineHeight: number
}

/** Clockwise reads down, counter-clockwise up. */
export type Orientation = 'horizontal' | 'vertical_cw' | 'vertical_ccw'

/** The one kind of text that wraps. */
export interface TextBlock extends Placed {
  readonly type: 'text_block'
  readonly text: string
  readonly style: TextStyle
  readonly orientation: Orientation
}

export interface Checkbox extends Placed {
  readonly type: 'checkbox'
  readonly label: string
  readonly checked: boolean
  readonly boxSize: number
  readonly strokeColor: string | null
  readonly fillColor: string | null
  readonly checkColor: string | null
  readonly lineWidth: number
  readonly style: TextStyle
}

/** Through the middle of its box. */
export interface Line extends Placed {
  readonly type: 'divider' | 'vertical_line'
  readonly strokeColor: string | null
  readonly lineWidth: number
}

export interface Lines extends Placed {
  readonly type: 'lines'
  readonly lineSpacing: number
  /** 0 where nothing says how many or how far apart: nothing is drawn then. */
  readonly lineCount: number
  readonly lineThickness: number
  readonly strokeColor: string | null
  readonly lineStyle: 'solid' | 'dotted' | 'dashed' | 'grid'
  readonly lineCap: 'butt' | 'round' | 'square'
  readonly marginLeft: number
  readonly marginRight: number
  readonly topPadding: number
  readonly bottomPadding: number
  readonly columns: number
  readonly columnGap: number
  /** Between the verticals of a `grid`, from the left margin on. */
  readonly gridSpacing: number
  /** Further verticals, as shares (0 to 1) of the inner width, whatever the style. */
  readonly verticalGuides: readonly number[]
}

export interface DotGrid extends Placed {
  readonly type: 'dot_grid'
  readonly gridCellSize: number
  /** The diameter; at most half a cell. */
  readonly dotSize: number
  readonly dotShape: 'round' | 'square'
  readonly dotColor: string | null
  readonly marginLeft: number
  readonly marginRight: number
  readonly marginTop: number
  readonly marginBottom: number
}

export interface BoxShape extends Placed {
  readonly type: 'box'
  readonly strokeColor: string | null
  readonly fillColor: string | null
  /** 0: no border. */
  readonly lineWidth: number
  /** At most half the short side. */
  readonly cornerRadius: number
  readonly opacity: number
}

/** Draws nothing. */
export interface Anchor extends Placed {
  readonly type: 'anchor'
}

/** One line of text over a fill. All of it links. */
export interface InternalLink extends Placed {
  readonly type: 'internal_link'
  /** Empty: no text. */
  readonly text: string
  readonly fillColor: string | null
  readonly style: TextStyle
  readonly orientation: Orientation
}

/** Draws nothing. All of it links. */
export interface TapZone extends Placed {
  readonly type: 'tap_zone'
}

/** A link's `part` is the index of its item. */
export interface LinkList extends Placed {
  readonly type: 'link_list'
  readonly columns: number
  readonly gapX: number
  readonly gapY: number
  /** Null: what the box gives each row. */
  readonly itemHeight: number | null
  readonly orientation: Orientation
  readonly style: TextStyle
  /** Row by row; null leaves its place blank. */
  readonly items: readonly (LinkListItem | null)[]
}

export interface LinkListItem {
  readonly text: string
  readonly fillColor: string | null
}

/**
 * A link's `part` is `row × 7 + column` of a day (in `vertical`, the index of the day's row);
 * `rows.length × 7 + row` of a row's week number.
 */
export interface Calendar extends Placed {
  readonly type: 'calendar'
  /** `frame`: a custom range, drawn as a frame alone. `vertical`: a week of 7 rows. */
  readonly layout: 'monthly' | 'weekly' | 'vertical' | 'frame'
  readonly style: TextStyle
  /** Null: no title, and no room for one. */
  readonly title: string | null
  /** In the order of the columns; null: not shown. In `vertical`, never. */
  readonly weekdayLabels: readonly string[] | null
  readonly rows: readonly CalendarRow[]
  /** A column of week numbers stands left of the days. */
  readonly hasWeekNumbers: boolean
  readonly showGridLines: boolean
  /** Of the lines between days, of hours, and of a frame. */
  readonly gridLineWidth: number
  readonly cellPadding: number
  /** The least height of a row of `weekly` and `vertical`. */
  readonly cellMinSize: number
  /** Null: none. Of `weekly` and `vertical` alone. */
  readonly timeGrid: TimeGrid | null
}

export interface CalendarRow {
  /** ISO week of the row's first date. */
  readonly weekNumber: number
  /** Monthly and weekly 7, in order; vertical one a row. Null: an empty cell. */
  readonly days: readonly (CalendarDay | null)[]
}

export interface CalendarDay {
  /** YYYY-MM-DD. */
  readonly date: string
  /** `5`; in `vertical`, `Mon 5`. */
  readonly text: string
  /** Not of the month that is shown: grey. */
  readonly isOutside: boolean
  /** Today, or the date to highlight. */
  readonly isFramed: boolean
}

export interface TimeGrid {
  /** Minutes of the day. */
  readonly startMinute: number
  readonly endMinute: number
  readonly slotMinutes: number
  readonly showGutter: boolean
  /** HH:MM from the start on, every interval, up to the end. */
  readonly labels: readonly { readonly minute: number; readonly text: string }[]
}

/** A link's `part` is the index of its row. */
export interface DayList extends Placed {
  readonly type: 'day_list'
  readonly style: TextStyle
  /** Null: no header, and no room for one. */
  readonly header: string | null
  readonly rowHeight: number
  readonly rows: readonly DayListRow[]
  readonly showWeekNumbers: boolean
  readonly showDayNumbers: boolean
  readonly showWeekdayNames: boolean
  /** Decides how wide the column of names is. */
  readonly weekdayFormat: 'short' | 'full' | 'narrow'
  readonly showNotesLines: boolean
  readonly notesLineCount: number
  /** Of the rows whose `isShaded` says so. */
  readonly weekendColor: string | null
}

export interface DayListRow {
  readonly date: string
  /** `W5` where the week changes, else null. */
  readonly week: string | null
  readonly day: string
  readonly weekday: string
  readonly isShaded: boolean
}

export interface Image extends Placed {
  readonly type: 'image'
  /** Null: nothing is drawn. */
  readonly assetId: string | null
  readonly fit: 'fit' | 'stretch' | 'actual'
  readonly convertToGrayscale: boolean
  readonly opacity: number
}

/** From the top of its box. A link's `part` is `row × columns + column`, the header row counted. */
export interface Table extends Placed {
  readonly type: 'table'
  /** Font, size, colour and line height; `textAlign` is the property. */
  readonly style: TextStyle
  readonly columns: number
  /** Shares of the width, adding up to 1; one a column. */
  readonly columnWidths: readonly number[]
  readonly rowHeight: number
  readonly cellPadding: number
  /** Row by row, the header's first where there is one; each of `columns` texts. */
  readonly cells: readonly (readonly string[])[]
  readonly hasHeader: boolean
  readonly textWrap: boolean
  readonly maxLines: number
  readonly borderStyle: 'all' | 'none' | 'outer' | 'horizontal' | 'vertical'
  readonly strokeColor: string | null
  readonly strokeWidth: number
  readonly headerBackground: string | null
  /** Of the header's texts where they do not wrap; wrapped ones have the style’s colour. */
  readonly headerColor: string
  /** Rows take turns of these two below the header, the even one first. */
  readonly zebra: { readonly even: string | null; readonly odd: string | null } | null
}
