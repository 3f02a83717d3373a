import { type Mark, fill, frame, stroke } from '../layout/display-list.ts'
import type { Tickbox } from '../layout/display-list.ts'

/** The corners of the tick, as shares of the box, y downwards. */
const tick = [0.2, 0.5, 0.4, 0.7, 0.8, 0.2]
const tickWidth = 2

/** A box to tick as marks. */
export function drawnTickbox(mark: Tickbox): Mark[] {
  const { box, fillColor, strokeColor, lineWidth, checkColor, isTicked } = mark
  const points = tick.map((share, index) =>
    index % 2 === 0 ? box.x + share * box.width : box.y + share * box.height,
  )
  const pen = { color: checkColor, width: tickWidth, cap: 'round' as const }
  return [
    ...fill(box, fillColor),
    ...frame(box, { color: strokeColor, width: lineWidth }),
    ...(isTicked ? stroke({ kind: 'polyline', points }, pen) : []),
  ]
}
