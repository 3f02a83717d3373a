import type { Box } from '../compiler/box.ts'
import type { CompiledWidget } from '../compiler/compiled-widget.ts'
import type { Metrics } from '../fonts/typesetter.ts'
import { calendarPart, layCalendar } from './calendar.ts'
import { dayListRow, layDayList } from './day-list.ts'
import { type Mark, fill } from './display-list.ts'
import { layBox, layDotGrid, layImage, layLine, layLines } from './shape-widgets.ts'
import { layTable, tableCell } from './table.ts'
import {
  layCheckbox,
  layInternalLink,
  layLinkList,
  layTextBlock,
  linkListItem,
} from './text-widgets.ts'

/** What a widget looks like: its background, then itself. */
export function layOut(widget: CompiledWidget, metrics: Metrics): Mark[] {
  return [...fill(widget.box, widget.backgroundColor), ...layContent(widget, metrics)]
}

function layContent(widget: CompiledWidget, metrics: Metrics): Mark[] {
  switch (widget.type) {
    case 'text_block':
      return layTextBlock(widget, metrics)
    case 'checkbox':
      return layCheckbox(widget, metrics)
    case 'divider':
    case 'vertical_line':
      return layLine(widget)
    case 'lines':
      return layLines(widget)
    case 'dot_grid':
      return layDotGrid(widget)
    case 'box':
      return layBox(widget)
    case 'anchor':
    case 'tap_zone':
      return []
    case 'internal_link':
      return layInternalLink(widget, metrics)
    case 'link_list':
      return layLinkList(widget, metrics)
    case 'calendar':
      return layCalendar(widget, metrics)
    case 'day_list':
      return layDayList(widget, metrics)
    case 'image':
      return layImage(widget)
    case 'table':
      return layTable(widget, metrics)
  }
}

/**
 * The area of a part of a widget that links; undefined where that part is not drawn, so that
 * nothing that cannot be seen is tapped.
 */
export function partOf(widget: CompiledWidget, part: number): Box | undefined {
  switch (widget.type) {
    case 'link_list':
      return linkListItem(widget, part)
    case 'calendar':
      return calendarPart(widget, part)
    case 'day_list':
      return dayListRow(widget, part)
    case 'table':
      return tableCell(widget, part)
    case 'text_block':
    case 'checkbox':
    case 'divider':
    case 'vertical_line':
    case 'lines':
    case 'dot_grid':
    case 'box':
    case 'anchor':
    case 'internal_link':
    case 'tap_zone':
    case 'image':
      return undefined
  }
}
