import type { Recorded } from '@atrium/contracts/cloud-event.ts'
import { causedBy, type Cause } from '@atrium/platform/decider/cause.ts'

/**
 * The cause of a command to an owner's storage. Such a stream may be long, and is not searched for
 * what the command wrote before, beyond its newest events: whatever projects and instances tell
 * changes nothing when it is told twice.
 */
export function storageCause(
  event: Recorded & { readonly reaction: string },
  word?: string,
): Cause {
  return { ...causedBy(event, 'assets', word), mayRepeat: false }
}
