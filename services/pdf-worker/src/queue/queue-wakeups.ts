import type { Database } from '@atrium/platform/database/database.ts'
import { createWakeups, type Wakeups } from '@atrium/platform/database/wakeups.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'

/** Tells when jobs may have changed: leases that end, and read models that move on. */
export function createQueueWakeups(
  database: Pick<Database, 'connect'>,
  logger: Pick<Logger, 'warn'>,
): Wakeups {
  const channels = ['pdf_queue', 'atrium_projection']
  return createWakeups({ database, name: 'pdf queue', channels, logger })
}
