import { deviceOf, pageSizeOf, type DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import type { Planner } from '@atrium/contracts/planner/planner.ts'
import type { Size } from '../compiler/box.ts'
import { withChanges, type Change } from './changes.ts'
import { lengthChanges, placeIn, scaleOf, type Rescaling } from './rescale.ts'

/**
 * The planner brought to another device: places and lengths grow with what of the page is free of
 * margins, so that what kept clear of them does so there; type and strokes grow evenly, and are
 * never below what the device can show. Content that is made for that device already is given back
 * as it is. `from` is the device that it was made for, where that is a custom one.
 */
export function retargetPlanner(
  content: unknown,
  to: DeviceProfile,
  from: DeviceProfile | undefined = deviceOf(normalisePlanner(content).metadata.deviceProfile),
): unknown {
  const planner = normalisePlanner(content)
  const size = planner.defaultCanvas.dimensions ?? pageSizeOf(from ?? to)
  const target = pageSizeOf(to)
  if (from?.id === to.id && isAlike(size, target)) return content
  const hasMargins = from !== undefined && isAlike(size, pageSizeOf(from))
  const rescaling = between(
    { size, margins: hasMargins ? from.safeMarginsPt : [] },
    { size: target, margins: hasMargins ? to.safeMarginsPt : [] },
  )
  return withChanges(content, [
    { pointer: '/metadata/deviceProfile', value: to.id },
    { pointer: '/defaultCanvas/dimensions', value: { ...target, margins: to.safeMarginsPt } },
    ...widgetChanges(planner, rescaling, to),
  ])
}

const isAlike = (a: Size, b: Size) => a.width === b.width && a.height === b.height

interface Page {
  readonly size: Size
  /** Top, right, bottom, left; none where the page is no known device's. */
  readonly margins: readonly number[]
}

function between(from: Page, to: Page): Rescaling {
  const [ours, theirs] = [linesOf(from), linesOf(to)]
  const [across, down] = [ours.x, ours.y].map((lines, axis) => {
    const others = axis === 0 ? theirs.x : theirs.y
    return (others.end - others.start) / (lines.end - lines.start)
  })
  return {
    x: throughMargins(ours.x, theirs.x),
    y: throughMargins(ours.y, theirs.y),
    scale: scaleOf(across ?? 1, down ?? 1),
  }
}

/** Where the margins of a page end, along one of its sides. */
interface Lines {
  readonly start: number
  readonly end: number
  readonly length: number
}

function linesOf({ size, margins }: Page) {
  const [top = 0, right = 0, bottom = 0, left = 0] = margins
  return {
    x: linesAlong(size.width, left, right),
    y: linesAlong(size.height, top, bottom),
  }
}

/** A page that is all margin has none. */
const linesAlong = (length: number, before: number, after: number): Lines =>
  before + after < length
    ? { start: before, end: length - after, length }
    : { start: 0, end: length, length }

/** Edge to edge, margin to margin, and evenly in between. */
function throughMargins(from: Lines, to: Lines) {
  const ends = [
    [0, 0],
    [from.start, to.start],
    [from.end, to.end],
    [from.length, to.length],
  ] as const
  return (place: number) => {
    const at = place < from.start ? 0 : place <= from.end ? 1 : 2
    const [low = ends[0], high = ends[3]] = ends.slice(at, at + 2)
    const room = high[0] - low[0]
    // Beyond the page a margin of nothing says no scale: there the middle's is taken.
    const scale =
      room > 0 ? (high[1] - low[1]) / room : (to.end - to.start) / (from.end - from.start)
    return low[1] + (place - low[0]) * scale
  }
}

function widgetChanges(
  { masters }: Planner,
  rescaling: Rescaling,
  device: DeviceProfile,
): Change[] {
  return masters.flatMap(({ widgets }, master) =>
    widgets.flatMap((widget, index) => {
      const pointer = `/masters/${master}/widgets/${index}`
      const place = { pointer: `${pointer}/position`, value: placeIn(widget.position, rescaling) }
      return [
        { ...place, value: { ...place.value } },
        ...lengthChanges(widget, rescaling.scale, device).map((change): Change => ({
          ...change,
          pointer: pointer + change.pointer,
        })),
      ]
    }),
  )
}
