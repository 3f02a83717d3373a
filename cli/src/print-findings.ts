import type { Finding } from './checks/finding.ts'
import { printList } from './print.ts'

/** Prints what was found; the process ends with status 1 where something is wrong. */
export function printFindings(rows: readonly Finding[], json: boolean) {
  printList<Finding>({
    rows,
    json,
    none: 'nothing was checked',
    columns: {
      '': (row) => (row.ok ? 'ok' : 'WRONG'),
      check: (row) => row.check,
      detail: (row) => row.detail,
    },
  })
  if (rows.some(({ ok }) => !ok)) process.exitCode = 1
}
