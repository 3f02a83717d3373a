import { readFields, type ValuesOf } from '@atrium/contracts/planner/fields.ts'
import { plannerLimits } from '@atrium/contracts/planner/limits.ts'
import { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import { isBindCall } from './bind.ts'
import {
  placed,
  textStyleOf,
  type PartLink,
  type ResolveContext,
  type Resolver,
} from './resolve.ts'
import type { TokenValue } from './token-format.ts'

type Given = ValuesOf<(typeof widgetFields)['table']['properties']>

export const resolveTable: Resolver = ({ widget, properties }, context) => {
  const given = readFields(widgetFields.table.properties, properties)
  const styling = readFields(widgetFields.table.styling, widget.styling)
  const cells = cellsOf(given, context)
  const columns = cells[0]?.length ?? 0
  context.parts.spend(cells.length * columns)
  const { textAlign } = given
  return {
    drawn: {
      ...placed(widget),
      type: 'table',
      style: { ...textStyleOf(styling), textAlign },
      columns,
      columnWidths: sharesOf(given.columnWidths, columns),
      rowHeight: given.rowHeight,
      cellPadding: given.cellPadding,
      cells,
      hasHeader: given.hasHeader && cells.length > 0,
      textWrap: given.textWrap,
      maxLines: given.maxLines,
      borderStyle: given.borderStyle,
      strokeColor: given.strokeColor === undefined ? styling.strokeColor : given.strokeColor,
      strokeWidth: given.strokeWidth ?? styling.strokeWidth,
      headerBackground: given.headerBackground,
      headerColor: given.headerColor,
      zebra: given.zebraRows ? { even: given.evenRowBg, odd: given.oddRowBg } : null,
    },
    links: linksOf(given, cells),
  }
}

/** As many as it says, cut and padded; without data, cells that say where they are. */
function cellsOf(given: Given, { report }: ResolveContext): string[][] {
  const { rows, columns, hasHeader, tableData } = given
  if (rows === null || columns === null) {
    const field = rows === null ? 'rows' : 'columns'
    report({ code: 'table-size-missing', field, detail: 'is missing' })
  }
  const headerRows = hasHeader ? 1 : 0
  const { tableRowsMax, tableColumnsMax } = plannerLimits
  const rowCount = Math.min(rows ?? tableData.length - headerRows, tableRowsMax) + headerRows
  const widest = tableData.reduce((most, row) => Math.max(most, row.length), 0)
  const columnCount = Math.min(columns ?? widest, tableColumnsMax)
  if (rowCount <= 0 || columnCount === 0) return []
  return Array.from({ length: rowCount }, (_, row) =>
    Array.from({ length: columnCount }, (__, column) =>
      tableData.length === 0 ? `R${row + 1}C${column + 1}` : (tableData[row]?.[column] ?? ''),
    ),
  )
}

/** Shares of the whole; a column that nothing is said of is as wide as the average. */
function sharesOf(ratios: readonly number[], columns: number): number[] {
  const said = ratios.slice(0, columns).filter((ratio) => ratio > 0)
  const average = said.length === 0 ? 1 : said.reduce((sum, ratio) => sum + ratio, 0) / said.length
  const widths = Array.from({ length: columns }, (_, column) => {
    const ratio = ratios[column] ?? 0
    return ratio > 0 ? ratio : average
  })
  const total = widths.reduce((sum, width) => sum + width, 0)
  return widths.map((width) => width / total)
}

function linksOf(given: Given, cells: readonly (readonly string[])[]): PartLink[] {
  const { linkTemplate: template, linkColumns, hasHeader } = given
  if (template === '') return []
  const headerRows = hasHeader ? 1 : 0
  return cells.slice(headerRows).flatMap((row, index) =>
    row.flatMap((value, column): PartLink[] => {
      if (linkColumns.length > 0 && !linkColumns.includes(column)) return []
      const own = new Map<string, TokenValue>([
        ['row', index + 1],
        ['col', column + 1],
        ['value', value],
      ])
      const part = (index + headerRows) * row.length + column
      const leads = { kind: 'template', template, own, isBind: isBindCall(template) } as const
      return [{ part, field: 'linkTemplate', leads }]
    }),
  )
}
