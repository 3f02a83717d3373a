import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { Handled } from './aggregate.ts'

/** How far a command has written, for the Consistency-Token. */
export const pointOf = ({
  position,
  publicPosition,
}: Pick<Handled<unknown, unknown>, 'position' | 'publicPosition'>): ConsistencyPoint => ({
  ...(position === undefined ? {} : { position }),
  ...(publicPosition === undefined ? {} : { publicPosition }),
})

/** The later of two writes of one request, in each respect. */
export function laterOf(one: ConsistencyPoint, other: ConsistencyPoint): ConsistencyPoint {
  const later = (a = 0, b = 0) => Math.max(a, b)
  const position = later(one.position, other.position)
  const publicPosition = later(one.publicPosition, other.publicPosition)
  return {
    ...(position > 0 ? { position } : {}),
    ...(publicPosition > 0 ? { publicPosition } : {}),
  }
}
