import type { CompileFinding, FindingCode } from './compiled.ts'
import { compileLimits } from './limits.ts'

/** What was found wrong so far. The same fault of a widget is told once, where it was met first. */
export interface Findings {
  add(finding: CompileFinding): void
  /** The first ones, and how many more there were. */
  all(): readonly CompileFinding[]
}

/** Told, and never a reason to refuse a document. */
const alwaysWarnings: ReadonlySet<FindingCode> = new Set(['image-source-ignored', 'more-findings'])

export const isError = ({ code }: CompileFinding) => !alwaysWarnings.has(code)

export function createFindings(): Findings {
  const found = new Map<string, CompileFinding>()
  return {
    add(finding) {
      const key = `${finding.code} ${finding.pointer} ${finding.target ?? ''}`
      if (!found.has(key)) found.set(key, finding)
    },
    all() {
      const findings = [...found.values()]
      const { findingsMax } = compileLimits
      if (findings.length <= findingsMax) return findings
      const further = findings.length - findingsMax
      // Errors first: a strict compilation must not lose one behind warnings.
      return [...findings.filter(isError), ...findings.filter((each) => !isError(each))]
        .slice(0, findingsMax)
        .concat({
          code: 'more-findings',
          pointer: '',
          widgetId: null,
          page: null,
          target: null,
          detail: `and ${further} more`,
        })
    },
  }
}
