import type { InstanceEvent, OwnerClosed } from '@atrium/contracts/instances/events.ts'
import type { OwnerState } from './state.ts'

/** The owner's account is gone, and with it all that it had; nothing can come any more. */
export interface CloseOwner {
  readonly type: 'CloseOwner'
  readonly ownerId: string
  readonly at: string
}

export function closeOwner(
  { ownerId, at }: CloseOwner,
  { instances, isClosed }: OwnerState,
): readonly (InstanceEvent | OwnerClosed)[] {
  if (isClosed) return []
  return [
    ...[...instances.keys()].map((instanceId) => ({
      type: 'InstancePurged' as const,
      data: { instanceId, ownerId, purgedAt: at },
    })),
    { type: 'OwnerClosed', data: { ownerId, closedAt: at } },
  ]
}
