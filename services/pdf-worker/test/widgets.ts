import type { Box } from '../src/compiler/box.ts'
import type {
  BoxShape,
  Calendar,
  CalendarDay,
  Checkbox,
  CompiledWidget,
  DayList,
  DotGrid,
  Image,
  InternalLink,
  Line,
  Lines,
  LinkList,
  Table,
  TextBlock,
  TextStyle,
} from '../src/compiler/compiled-widget.ts'
import type { Metrics } from '../src/fonts/typesetter.ts'
import type { Mark, Segments, TextMark } from '../src/layout/display-list.ts'

/*
 * Widgets with the values that a project's defaults compile to, and type whose letters are all half
 * as wide as high.
 */

export const box = (x: number, y: number, width: number, height: number): Box => ({
  x,
  y,
  width,
  height,
})

export const halfEm: Metrics = {
  widthOf: (text, font, size) => text.length * size * (font.endsWith('Bold') ? 0.6 : 0.5),
  extentOf: () => ({ ascent: 0.9, descent: 0.2 }),
  boldOf: (font) => `${font}-Bold`,
}

export const style = (given: Partial<TextStyle> = {}): TextStyle => ({
  font: 'Helvetica',
  size: 12,
  color: '#000000',
  textAlign: 'left',
  underline: false,
  lineHeight: 1.2,
  ...given,
})

const placed = { id: 'w', box: box(10, 20, 200, 100), backgroundColor: null }

export const textBlock = (given: Partial<TextBlock> = {}): TextBlock => ({
  ...placed,
  text: 'Text',
  style: style(),
  orientation: 'horizontal',
  ...given,
  type: 'text_block',
})

export const checkbox = (given: Partial<Checkbox> = {}): Checkbox => ({
  ...placed,
  label: 'Label',
  checked: false,
  boxSize: 12,
  strokeColor: '#000000',
  fillColor: '#FFFFFF',
  checkColor: '#000000',
  lineWidth: 1,
  style: style(),
  ...given,
  type: 'checkbox',
})

export const line = (given: Partial<Line> = {}): Line => ({
  ...placed,
  strokeColor: '#000000',
  lineWidth: 1,
  ...given,
  type: given.type ?? 'divider',
})

export const lines = (given: Partial<Lines> = {}): Lines => ({
  ...placed,
  lineSpacing: 20,
  lineCount: 10,
  lineThickness: 0.75,
  strokeColor: '#000000',
  lineStyle: 'solid',
  lineCap: 'butt',
  marginLeft: 0,
  marginRight: 0,
  topPadding: 0,
  bottomPadding: 0,
  columns: 1,
  columnGap: 20,
  gridSpacing: 20,
  verticalGuides: [],
  ...given,
  type: 'lines',
})

export const dotGrid = (given: Partial<DotGrid> = {}): DotGrid => ({
  ...placed,
  gridCellSize: 10,
  dotSize: 1.5,
  dotShape: 'round',
  dotColor: '#CCCCCC',
  marginLeft: 0,
  marginRight: 0,
  marginTop: 0,
  marginBottom: 0,
  ...given,
  type: 'dot_grid',
})

export const boxShape = (given: Partial<BoxShape> = {}): BoxShape => ({
  ...placed,
  strokeColor: '#000000',
  fillColor: null,
  lineWidth: 1,
  cornerRadius: 0,
  opacity: 1,
  ...given,
  type: 'box',
})

export const internalLink = (given: Partial<InternalLink> = {}): InternalLink => ({
  ...placed,
  text: 'Link',
  fillColor: null,
  style: style({ color: '#0066CC' }),
  orientation: 'horizontal',
  ...given,
  type: 'internal_link',
})

export const linkList = (given: Partial<LinkList> = {}): LinkList => ({
  ...placed,
  columns: 1,
  gapX: 0,
  gapY: 0,
  itemHeight: null,
  orientation: 'horizontal',
  style: style(),
  items: ['A', 'B', 'C'].map((text) => ({ text, fillColor: null })),
  ...given,
  type: 'link_list',
})

export const calendarDay = (text: string, given: Partial<CalendarDay> = {}): CalendarDay => ({
  date: `2026-01-${text.padStart(2, '0')}`,
  text,
  isOutside: false,
  isFramed: false,
  ...given,
})

/** January 2026, which begins on a Thursday, in a box of 140 by 190 points: size 10. */
export const calendar = (given: Partial<Calendar> = {}): Calendar => ({
  ...placed,
  box: box(0, 0, 140, 190),
  layout: 'monthly',
  style: style({ size: 10 }),
  title: 'January 2026',
  weekdayLabels: ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'],
  rows: [0, 1, 2, 3, 4].map((row) => ({
    weekNumber: row + 1,
    days: Array.from({ length: 7 }, (_, column) => {
      const day = row * 7 + column - 2
      return day < 1 || day > 31 ? null : calendarDay(String(day))
    }),
  })),
  hasWeekNumbers: false,
  showGridLines: true,
  gridLineWidth: 0.5,
  cellPadding: 4,
  cellMinSize: 24,
  timeGrid: null,
  ...given,
  type: 'calendar',
})

export const dayList = (given: Partial<DayList> = {}): DayList => ({
  ...placed,
  style: style({ size: 10 }),
  header: null,
  rowHeight: 20,
  rows: Array.from({ length: 31 }, (_, index) => ({
    date: `2026-01-${String(index + 1).padStart(2, '0')}`,
    week: null,
    day: String(index + 1),
    weekday: 'Thu',
    isShaded: false,
  })),
  showWeekNumbers: false,
  showDayNumbers: true,
  showWeekdayNames: true,
  weekdayFormat: 'short',
  showNotesLines: true,
  notesLineCount: 1,
  weekendColor: '#F0F0F0',
  ...given,
  type: 'day_list',
})

export const image = (given: Partial<Image> = {}): Image => ({
  ...placed,
  assetId: 'ast_1',
  fit: 'fit',
  convertToGrayscale: false,
  opacity: 1,
  ...given,
  type: 'image',
})

export const table = (given: Partial<Table> = {}): Table => ({
  ...placed,
  style: style({ size: 10 }),
  columns: 2,
  columnWidths: [0.5, 0.5],
  rowHeight: 24,
  cellPadding: 4,
  cells: [
    ['Head', 'Second'],
    ['a', 'b'],
    ['c', 'd'],
  ],
  hasHeader: true,
  textWrap: false,
  maxLines: 2,
  borderStyle: 'all',
  strokeColor: '#000000',
  strokeWidth: 1,
  headerBackground: '#F0F0F0',
  headerColor: '#222222',
  zebra: null,
  ...given,
  type: 'table',
})

export const anchor = (): CompiledWidget => ({ ...placed, type: 'anchor' })

export const tapZone = (): CompiledWidget => ({ ...placed, type: 'tap_zone' })

/** What is written, and where its baseline begins. */
export const written = (marks: readonly Mark[]) =>
  marks.filter((mark) => mark.kind === 'text').map(({ text, x, y }: TextMark) => ({ text, x, y }))

/** Lines that have nothing to do with each other, as x1, y1, x2, y2 of each. */
export const drawnLines = (marks: readonly Mark[]): number[][] =>
  marks.flatMap((mark) => {
    if (mark.kind !== 'stroke' || mark.shape.kind !== 'segments') return []
    const { points }: Segments = mark.shape
    return Array.from({ length: points.length / 4 }, (_, index) =>
      points.slice(index * 4, index * 4 + 4),
    )
  })
