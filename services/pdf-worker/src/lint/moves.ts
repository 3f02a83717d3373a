import type { Position } from '@atrium/contracts/planner/planner.ts'
import type { Change } from './changes.ts'
import { setting, type LintedWidget, type Screen } from './finding.ts'
import { lengthChanges, placeIn, scaleOf, type Rescaling } from './rescale.ts'

/*
 * How a master comes clear of the margins. What lies beyond is moved by itself where that brings it
 * nearer to nothing else; otherwise all of the master moves, and shrinks where it must, so that
 * what belongs together stays so.
 */

export interface Area {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface Outside {
  readonly linted: LintedWidget
  /** Where it has to be: on the page, or clear of the margins. */
  readonly area: Area
}

/** The changes by the widget that is beyond; those of other widgets come with the first of them. */
export type Moves = ReadonlyMap<LintedWidget, readonly Change[]>

export function movesOf(
  outside: readonly Outside[],
  all: readonly LintedWidget[],
  screen: Screen,
): Moves {
  const alone = new Map(
    outside.map(({ linted, area }) => [linted, broughtInto(linted.widget.position, area)]),
  )
  if (!crowds(alone, all)) {
    return new Map([...alone].map(([linted, place]) => [linted, [placing(linted, place)]]))
  }
  const fitting = fitInto(safeAreaOf(screen), all.filter(isSeen))
  const areas = new Map(outside.map(({ linted, area }) => [linted, area]))
  const others: Change[] = []
  const moves = new Map<LintedWidget, readonly Change[]>()
  for (const linted of all) {
    const area = areas.get(linted)
    const changes = fitted(linted, fitting, isSeen(linted) ? safeAreaOf(screen) : area, screen)
    if (area) moves.set(linted, changes)
    else others.push(...changes)
  }
  const [first] = moves
  if (first) moves.set(first[0], [...first[1], ...others])
  return moves
}

/** A widget that shows something: an anchor is a place alone, and a tap zone what lies below it. */
export const isSeen = ({ widget }: LintedWidget) =>
  (widget.type !== 'anchor' && widget.type !== 'tap_zone') || widget.backgroundColor !== null

export function safeAreaOf({ device, size }: Screen): Area {
  const [top = 0, right = 0, bottom = 0, left = 0] = device.safeMarginsPt
  return { left, top, right: size.width - right, bottom: size.height - bottom }
}

const placing = (linted: LintedWidget, place: Position) =>
  setting(linted, '/position', { ...place })

/** Beyond so many pairs, a master is moved as one without a look. */
const pairsMax = 500_000

/** Whether what is moved would lie on more of something that is seen than it did. */
function crowds(moved: ReadonlyMap<LintedWidget, Position>, all: readonly LintedWidget[]) {
  const seen = all.filter(isSeen)
  if (moved.size * seen.length > pairsMax) return true
  return [...moved].some(
    ([linted, place]) =>
      isSeen(linted) &&
      seen.some((other) => {
        if (other === linted) return false
        const before = overlapOf(linted.widget.position, other.widget.position)
        const after = overlapOf(place, moved.get(other) ?? other.widget.position)
        return after > before + slackOfArea
      }),
  )
}

/** In square points: less is a rounding. */
const slackOfArea = 0.5

function overlapOf(a: Position, b: Position): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return width > 0 && height > 0 ? width * height : 0
}

/** All of it moved into the area, smaller where it is too large. */
function fitInto(area: Area, widgets: readonly LintedWidget[]): Rescaling {
  const places = widgets.map(({ widget }) => widget.position)
  const x = fitBetween(
    area.left,
    area.right,
    places.map(({ x: start, width }) => [start, start + width]),
  )
  const y = fitBetween(
    area.top,
    area.bottom,
    places.map(({ y: start, height }) => [start, start + height]),
  )
  return { x: x.map, y: y.map, scale: scaleOf(x.scale, y.scale) }
}

/** What reaches over both sides is a ground for the rest, and is cut instead. */
function fitBetween(from: number, to: number, spans: readonly (readonly [number, number])[]) {
  const inner = spans.filter(([start, end]) => start >= from || end <= to)
  const start = Math.min(...inner.map(([first]) => first))
  const end = Math.max(...inner.map(([, last]) => last))
  const isEmpty = inner.length === 0
  const scale = isEmpty ? 1 : Math.min(1, Math.max(0, to - from) / (end - start))
  const first = isEmpty ? 0 : Math.max(from, Math.min(start, to - (end - start) * scale))
  const origin = isEmpty ? 0 : start
  return { scale, map: (place: number) => first + (place - origin) * scale }
}

function fitted(
  linted: LintedWidget,
  fitting: Rescaling,
  area: Area | undefined,
  { device }: Screen,
): readonly Change[] {
  const place = placeIn(linted.widget.position, fitting)
  const { scale } = fitting
  return [
    placing(linted, area ? broughtInto(place, area) : place),
    ...(scale.even < 1 ? lengthChanges(linted.widget, scale, device) : []).map(
      ({ pointer, value }) => setting(linted, pointer, value),
    ),
  ]
}

/** Moved as far as it must be, and cut only where it is larger than the area. */
export function broughtInto({ x, y, width, height }: Position, area: Area): Position {
  const across = broughtBetween(x, width, area.left, area.right)
  const down = broughtBetween(y, height, area.top, area.bottom)
  return { x: across.start, y: down.start, width: across.length, height: down.length }
}

function broughtBetween(start: number, given: number, from: number, to: number) {
  // Down to the tenth: rounding up would lead out again.
  const length = Math.min(given, Math.max(1, floored(to - from)))
  return { start: Math.max(from, Math.min(start, floored(to - length))), length }
}

const floored = (length: number) => Math.floor(length * 10 + 1e-6) / 10
