import type { Position } from '@atrium/contracts/planner/planner.ts'
import { setting, type Fault, type LintedWidget, type Screen, type WidgetRule } from './finding.ts'

/** No part of a widget lies beyond the page: it could be neither seen nor tapped. */
export const pageBounds: WidgetRule = (linted, { size }) => {
  const { x, y, width, height } = linted.widget.position
  const page = { left: 0, top: 0, right: size.width, bottom: size.height }
  return [
    ...(exceeds(x + width, size.width)
      ? [beyond(linted, 'width', x + width, size.width, page)]
      : []),
    ...(exceeds(y + height, size.height)
      ? [beyond(linted, 'height', y + height, size.height, page)]
      : []),
  ]
}

/** What is seen stays clear of the edges, where a hand or the frame covers it. */
export const safeMargin: WidgetRule = (linted, screen) => {
  const { type, backgroundColor, position } = linted.widget
  const isSeen = (type !== 'anchor' && type !== 'tap_zone') || backgroundColor !== null
  if (!isSeen || pageBounds(linted, screen).length > 0) return []
  const area = safeAreaOf(screen)
  const sides = [
    ['x', position.x, area.left],
    ['y', position.y, area.top],
    ['width', screen.size.width - position.x - position.width, screen.size.width - area.right],
    ['height', screen.size.height - position.y - position.height, screen.size.height - area.bottom],
  ] as const
  return sides
    .filter(([, room, margin]) => exceeds(margin, room))
    .map(([side, room, margin]): Fault => ({
      widget: linted,
      field: `/position/${side}`,
      rule: 'safe_margin',
      value: tenths(room),
      limit: tenths(margin),
      changes: [setting(linted, '/position', { ...broughtInto(position, area) })],
    }))
}

/** Lengths are kept to a tenth; less is no fault. */
const exceeds = (value: number, limit: number) => value > limit + 0.05

export const tenths = (length: number) => Math.round(length * 10) / 10

function beyond(
  linted: LintedWidget,
  side: 'width' | 'height',
  value: number,
  limit: number,
  page: Area,
): Fault {
  const { position } = linted.widget
  return {
    widget: linted,
    field: `/position/${side}`,
    rule: 'page_bounds',
    value: tenths(value),
    limit: tenths(limit),
    changes: [setting(linted, '/position', { ...broughtInto(position, page) })],
  }
}

interface Area {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

function safeAreaOf({ device, size }: Screen): Area {
  const [top = 0, right = 0, bottom = 0, left = 0] = device.safeMarginsPt
  return { left, top, right: size.width - right, bottom: size.height - bottom }
}

/** Moved as far as it must be, and cut only where it is larger than the area. */
function broughtInto({ x, y, width, height }: Position, area: Area): Position {
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
