import { tapActions } from '@atrium/contracts/planner/check-masters.ts'
import { numberFrom } from '@atrium/contracts/planner/fields.ts'
import {
  destinationOf,
  destinationOfBind,
  destinationOfText,
  type DestinationName,
} from './bind.ts'
import type { CompiledLink, LinkTarget } from './compiled.ts'
import type { Destinations, PlanDates } from './destinations.ts'
import type { Look } from './page-widgets.ts'
import type { Leads, PartLink, ResolveContext } from './resolve.ts'
import { fillIn, ownBefore } from './tokens.ts'

export interface LinkResolver {
  /** The links of a widget on a page that lead somewhere. What leads to nothing is reported. */
  linksOf(look: Look, context: ResolveContext): readonly CompiledLink[]
}

/**
 * A link to a date outside the plan is dropped, as is one to a page that there is not. Any other
 * link without a destination is a fault that names widget, page and target.
 */
export function createLinkResolver(destinations: Destinations, dates: PlanDates): LinkResolver {
  const targetOf = (link: PartLink, context: ResolveContext): LinkTarget | undefined => {
    const { leads } = link
    if (leads.kind === 'page') return pageTarget(leads.page, context)
    if (leads.kind === 'tap') return tapTarget(leads, context)
    const destination = destinationNameOf(leads, context)
    if (destination.kind === 'outside') return undefined
    if (destination.kind === 'invalid') {
      const detail = `"${shortened(destination.text)}" can be no destination`
      const target = destination.text
      context.report({ code: 'bind-invalid', field: link.field, detail, target })
      return undefined
    }
    const { name } = destination
    const found = destinations.get(name)
    if (found) return { page: found.page, top: found.top, destination: name }
    const { days, isOptional = false } = link
    if (isOptional || dates.isOutside(name) || (days && dates.lacks(days.range, days.mode)))
      return undefined
    const detail = `there is no destination "${name}"`
    context.report({ code: 'dead-link', field: link.field, detail, target: name })
    return undefined
  }

  const resolved = (look: Look, context: ResolveContext) =>
    look.links.flatMap((link): CompiledLink[] => {
      const target = targetOf(link, context)
      if (target === undefined) return []
      const { id: widgetId, box } = look.drawn
      return [{ widgetId, box, part: link.part, target }]
    })

  // Where nothing of the page is said, the links of a look are the same on all of its pages.
  const alike = new Map<Look, readonly CompiledLink[] | null>()
  return {
    linksOf(look, context) {
      const known = alike.get(look)
      if (known) return known
      const links = resolved(look, context)
      if (known === undefined) alike.set(look, look.links.some(hangsOnPage) ? null : links)
      return links
    },
  }
}

function hangsOnPage({ leads }: PartLink): boolean {
  if (leads.kind !== 'template') return leads.kind === 'tap'
  const names = leads.template.match(/(?<=[{@])[A-Za-z0-9_]+/g) ?? []
  return names.some((name) => !leads.own.has(name))
}

function destinationNameOf(
  leads: Extract<Leads, { kind: 'template' | 'named' }>,
  { tokens, text }: ResolveContext,
): DestinationName {
  if (leads.kind === 'named') return destinationOf(leads.text)
  const all = ownBefore(leads.own, tokens)
  if (leads.isBind) return destinationOfBind(leads.template, all, text)
  return destinationOfText(leads.template, all, text)
}

function tapTarget(
  { action, targetPage }: Extract<Leads, { kind: 'tap' }>,
  context: ResolveContext,
): LinkTarget | undefined {
  const { page } = context.numbers
  const said = fillIn(action, context.tokens, context.text).trim().toLowerCase()
  if (said === 'next_page') return pageTarget(page + 1, context)
  if (said === 'prev_page') return pageTarget(page - 1, context)
  if (said === 'page_link') {
    return pageTarget(numberFrom(fillIn(targetPage, context.tokens, context.text)) ?? page, context)
  }
  const detail = `"${shortened(said)}" is none of ${tapActions.join(', ')}`
  context.report({ code: 'tap-action-unknown', field: 'tapAction', detail })
  return undefined
}

function pageTarget(page: number, { numbers }: ResolveContext): LinkTarget | undefined {
  const isThere = Number.isInteger(page) && page >= 1 && page <= numbers.totalPages
  return isThere ? { page, top: 0, destination: null } : undefined
}

/** For people: the beginning says enough. */
const shortened = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text)
