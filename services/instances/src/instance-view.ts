import type { Instance } from '@atrium/contracts/instances/http.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { OwnerState } from './owner/state.ts'

/** One of the owner's instances as the API shows it, from the state that a command has led to. */
export function instanceOf(state: OwnerState, ownerId: string, instanceId: string): Instance {
  const instance = state.instances.get(instanceId)
  if (!instance) throw new Rejection('not-found') // purged while a repeated request was under way
  const { changes: _, ...shown } = instance
  return {
    ...shown,
    ownerId,
    isDefault: state.defaultId === instanceId,
    members: [{ userId: ownerId, role: 'owner' }],
  }
}
