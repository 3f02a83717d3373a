/** A value that a table can show in one cell. */
export type Cell = string | number | boolean | null | undefined

export interface ListOutput<Row extends Readonly<Record<string, unknown>>> {
  readonly rows: readonly Row[]
  /** Column heading and what stands below it; `--json` prints the whole rows instead. */
  readonly columns: Readonly<Record<string, (row: Row) => Cell>>
  readonly json: boolean
  /** Said in place of an empty table. */
  readonly none: string
}

/** Prints rows as an aligned table, or as one JSON array for programs. */
export function printList<Row extends Readonly<Record<string, unknown>>>(output: ListOutput<Row>) {
  const { rows, columns, json, none } = output
  if (json) return print(JSON.stringify(rows, undefined, 2))
  if (rows.length === 0) return print(none)
  const table = [
    Object.keys(columns),
    ...rows.map((row) => Object.values(columns).map((cell) => safe(cell(row)))),
  ]
  const widths = Object.keys(columns).map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  )
  for (const line of table) {
    print(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

export function print(line: string) {
  process.stdout.write(`${line}\n`)
}

/** Text from events never moves the cursor of whoever reads it. */
const safe = (cell: Cell) => String(cell ?? '').replaceAll(/\p{Cc}/gu, '?')
