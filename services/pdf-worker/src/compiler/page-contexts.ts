import { dayNumberOf } from '@atrium/contracts/planner/calendar-date.ts'
import type { CompileFinding, FindingCode } from './compiled.ts'
import type { Findings } from './findings.ts'
import { compileLimits, createBudget, type Budget } from './limits.ts'
import type { LocaleNames } from './locale-names.ts'
import { pageWidgetsOf, type PageWidget } from './page-widgets.ts'
import type { PlanPage } from './plan-pages.ts'
import type { ResolveContext } from './resolve.ts'

/** The widgets of a document's pages, what each is worked out with, and what all of it may cost. */
export interface PageContexts {
  /** In painting order. */
  widgetsOf(page: PlanPage): readonly PageWidget[]
  contextFor(page: PlanPage, pageWidget: PageWidget): ResolveContext
  readonly widgets: Budget
  readonly links: Budget
}

export interface DocumentFacts {
  readonly totalPages: number
  readonly names: LocaleNames
  /** YYYY-MM-DD. */
  readonly today: string | null
  /** Of the plan. */
  readonly firstDay: number | undefined
  readonly findings: Findings
}

export function createPageContexts(facts: DocumentFacts): PageContexts {
  const { widgetsMax, partsMax, linksMax, textTotalMax } = compileLimits
  const parts = createBudget('too-many-parts', partsMax)
  const text = createBudget('too-much-text', textTotalMax)
  const masters = new Map<number, readonly PageWidget[]>()
  const today = facts.today === null ? undefined : dayNumberOf(facts.today)
  const dayByDefault = today ?? facts.firstDay ?? 0

  return {
    widgets: createBudget('too-many-widgets', widgetsMax),
    links: createBudget('too-many-links', linksMax),
    widgetsOf({ master, masterIndex }) {
      const known = masters.get(masterIndex) ?? pageWidgetsOf(master, masterIndex)
      masters.set(masterIndex, known)
      return known
    },
    contextFor(page, pageWidget) {
      return {
        names: facts.names,
        today,
        dayByDefault,
        tokens: page.tokens,
        numbers: { page: page.number, totalPages: facts.totalPages },
        text,
        parts,
        report({ code, field, detail, target }) {
          facts.findings.add(findingOf(code, page, pageWidget, { field, detail, target }))
        },
      }
    },
  }
}

function findingOf(
  code: FindingCode,
  page: PlanPage,
  { widget, pointer }: PageWidget,
  said: { readonly field: string; readonly detail: string; readonly target: string | undefined },
): CompileFinding {
  return {
    code,
    pointer: `${pointer}/properties/${said.field}`,
    widgetId: widget.id,
    page: page.number,
    target: said.target ?? null,
    detail: `page ${page.number}, ${widget.type} "${widget.id}": ${said.detail}`,
  }
}
