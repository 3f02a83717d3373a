import { pageSizeOf, type DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import type { Planner } from '@atrium/contracts/planner/planner.ts'
import type {
  CompiledDocument,
  CompiledLink,
  CompiledPage,
  CompileFinding,
  ExportMode,
} from './compiled.ts'
import { countPages } from './count-pages.ts'
import { destinationsOf, planDatesOf } from './destinations.ts'
import { createFindings, isError } from './findings.ts'
import { layersOf } from './forms.ts'
import { LimitError, type CompileLimit } from './limits.ts'
import { createLinkResolver, type LinkResolver } from './links.ts'
import { createLocaleNames, localeOf } from './locale-names.ts'
import { outlinesOf } from './outlines.ts'
import { createPageContexts, type PageContexts } from './page-contexts.ts'
import type { Look } from './page-widgets.ts'
import { planPages, type PlanPage } from './plan-pages.ts'

export interface CompileOptions {
  /** The one that the planner was made for, or brought to. */
  readonly device: DeviceProfile
  readonly export: ExportMode
  /** Whether anything that is wrong fails the whole. */
  readonly strict: boolean
  /** YYYY-MM-DD; null where nothing may hang on the day, and two compilations must be equal. */
  readonly today: string | null
  readonly pagesMax: number
  /** This page alone is worked out, in its place among all of them. */
  readonly onlyPage?: number
}

export type Compilation =
  | { readonly status: 'compiled'; readonly document: CompiledDocument }
  /** Strict, and something is wrong. */
  | { readonly status: 'failed'; readonly errors: readonly CompileFinding[] }
  /** The plan makes no pages at all. */
  | { readonly status: 'empty' }
  /** It would grow beyond a limit. `pages` is exact. */
  | {
      readonly status: 'too-large'
      readonly code: CompileLimit
      readonly limit: number
      readonly pages: number
    }

/**
 * A planner as a document with everything decided. Pure: the same planner and options give an equal
 * document. The planner has no faults (`checkPlanner`); what else is wrong with it are findings.
 */
export function compilePlanner(planner: Planner, options: CompileOptions): Compilation {
  const pages = countPages(planner)
  const limit = options.pagesMax
  if (pages === 0) return { status: 'empty' }
  if (pages > limit) return { status: 'too-large', code: 'too-many-pages', limit, pages }
  try {
    const document = compiled(planner, options)
    const errors = options.strict ? document.warnings.filter(isError) : []
    return errors.length > 0 ? { status: 'failed', errors } : { status: 'compiled', document }
  } catch (error) {
    if (!(error instanceof LimitError)) throw error
    return { status: 'too-large', code: error.code, limit: error.limit, pages }
  }
}

function compiled(planner: Planner, options: CompileOptions): CompiledDocument {
  const { metadata, plan, defaultCanvas, linkResolution } = planner
  const names = createLocaleNames(localeOf(plan.locale))
  const findings = createFindings()
  const planned = planPages(planner, names)
  const dates = planDatesOf(planner)
  const contexts = createPageContexts({
    totalPages: planned.length,
    names,
    today: options.today,
    firstDay: dates.firstDay,
    findings,
  })
  const destinations = destinationsOf(planned, contexts)
  const links = createLinkResolver(destinations, dates)
  const pages = planned
    .filter(({ number }) => number === (options.onlyPage ?? number))
    .map((page) => workedOut(page, contexts, links))
  const { forms, layers } = layersOf(pages)
  return {
    title: metadata.name,
    author: metadata.author,
    description: metadata.description,
    locale: names.locale,
    size: sizeOf(defaultCanvas.dimensions ?? pageSizeOf(options.device)),
    device: options.device,
    export: options.export,
    forms,
    pages: pages.map(({ page, links: pageLinks }, index): CompiledPage => ({
      number: page.number,
      master: page.master.name,
      section: page.section.kind,
      layers: layers[index] ?? [],
      links: pageLinks,
    })),
    navigation: {
      namedDestinations: [...destinations.values()],
      outlines: linkResolution.generateOutlines ? outlinesOf(planned, destinations) : [],
    },
    ...usedBy(pages),
    warnings: findings.all(),
  }
}

interface WorkedOutPage {
  readonly page: PlanPage
  readonly master: string
  /** Bottom first. */
  readonly looks: readonly Look[]
  readonly links: readonly CompiledLink[]
}

function workedOut(page: PlanPage, contexts: PageContexts, resolver: LinkResolver): WorkedOutPage {
  const looks: Look[] = []
  const links: (readonly CompiledLink[])[] = []
  const pageWidgets = contexts.widgetsOf(page)
  contexts.widgets.spend(pageWidgets.length)
  for (const pageWidget of pageWidgets) {
    const context = contexts.contextFor(page, pageWidget)
    const look = pageWidget.lookOn(context)
    look.pages.push(page.number)
    looks.push(look)
    const own = resolver.linksOf(look, context)
    contexts.links.spend(own.length)
    if (own.length > 0) links.push(own)
  }
  return { page, master: page.master.name, looks, links: links.flat() }
}

/** What has to be at hand before the first page is drawn. */
function usedBy(pages: readonly WorkedOutPage[]) {
  const assets = new Set<string>()
  const fonts = new Set<string>()
  for (const { drawn } of new Set(pages.flatMap(({ looks }) => looks))) {
    if (drawn.type === 'image' && drawn.assetId !== null) assets.add(drawn.assetId)
    if ('style' in drawn) fonts.add(drawn.style.font)
  }
  return { imageAssetIds: [...assets], fonts: [...fonts] }
}

const sizeOf = ({ width, height }: { readonly width: number; readonly height: number }) => ({
  width,
  height,
})
