import type { Fault, LintedWidget, Screen } from './finding.ts'
import { isSeen, movesOf, safeAreaOf, type Area } from './moves.ts'
import { tenths } from './rescale.ts'

/** What of a master lies beyond the page or in its margins, by widget. */
export type Placement = ReadonlyMap<LintedWidget, readonly Fault[]>

/**
 * No part of a widget lies beyond the page: it could be neither seen nor tapped. And what is seen
 * stays clear of the edges, where a hand or the frame covers it.
 */
export function placementOf(widgets: readonly LintedWidget[], screen: Screen): Placement {
  const { width, height } = screen.size
  const page: Area = { left: 0, top: 0, right: width, bottom: height }
  const found = widgets.flatMap((linted) => {
    const beyond = pageBounds(linted, screen)
    const area = beyond.length > 0 ? page : safeAreaOf(screen)
    const faults = beyond.length > 0 ? beyond : safeMargin(linted, screen)
    return faults.length > 0 ? [{ linted, area, faults }] : []
  })
  if (found.length === 0) return new Map()
  const moves = movesOf(found, widgets, screen)
  return new Map(
    found.map(({ linted, faults }) => {
      const changes = moves.get(linted) ?? []
      return [linted, faults.map((fault): Fault => ({ ...fault, changes }))]
    }),
  )
}

type Found = Omit<Fault, 'changes'>

function pageBounds(widget: LintedWidget, { size }: Screen): readonly Found[] {
  const { x, y, width, height } = widget.widget.position
  const sides = [
    ['width', x + width, size.width],
    ['height', y + height, size.height],
  ] as const
  return sides
    .filter(([, value, limit]) => exceeds(value, limit))
    .map(([side, value, limit]) => ({
      widget,
      field: `/position/${side}`,
      rule: 'page_bounds',
      value: tenths(value),
      limit: tenths(limit),
    }))
}

function safeMargin(widget: LintedWidget, screen: Screen): readonly Found[] {
  if (!isSeen(widget)) return []
  const { position } = widget.widget
  const area = safeAreaOf(screen)
  const { width, height } = screen.size
  const sides = [
    ['x', position.x, area.left],
    ['y', position.y, area.top],
    ['width', width - position.x - position.width, width - area.right],
    ['height', height - position.y - position.height, height - area.bottom],
  ] as const
  return sides
    .filter(([, room, margin]) => exceeds(margin, room))
    .map(([side, room, margin]) => ({
      widget,
      field: `/position/${side}`,
      rule: 'safe_margin',
      value: tenths(room),
      limit: tenths(margin),
    }))
}

/** Lengths are kept to a tenth; less is no fault. */
const exceeds = (value: number, limit: number) => value > limit + 0.05
