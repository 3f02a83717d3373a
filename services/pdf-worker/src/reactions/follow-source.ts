import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { DomainEvent } from '@atrium/platform/decider/decider.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { causedBy } from '@atrium/platform/decider/cause.ts'
import type { ReactedEvent } from '@atrium/platform/reactions/reaction.ts'
import type { Aggregates } from '../aggregates.ts'
import { listStrayJobs } from '../projections/job-list/query.ts'
import type { SourceCommand } from '../source.ts'
import { follow } from '../timers/let-go.ts'

export interface Deps {
  readonly aggregates: Aggregates
  readonly database: Pick<Database, 'owner'>
  /** Returns when the read models show what was written up to there. */
  readonly waitVisible: (position: number) => Promise<void>
  /** Lets what is not held any more go soon. */
  readonly onRemoved: () => void
}

/** Jobs that follow at once; further ones follow by the timer. */
const followedMax = 500

/**
 * Notes what became of a source, and lets the jobs that were made from it follow. What was asked
 * for at the same moment follows when it comes to its turn, or by the timer.
 */
export async function followSource<Event extends DomainEvent>(
  event: ReactedEvent<Event>,
  command: SourceCommand,
  { aggregates, database, waitVisible, onRemoved }: Deps,
): Promise<ConsistencyPoint> {
  const { tenant } = event.metadata
  const { sourceId, at } = command
  const written = await aggregates.sources.handle(sourceId, command, causedBy(event, 'pdf'))
  if (written.position !== undefined) await waitVisible(written.position)
  const source = { tenant, sourceId }
  const stray = await listStrayJobs(database.owner, { source, limit: followedMax })
  for (const job of stray) await follow(aggregates, job, at)
  if (stray.length > 0) onRemoved()
  return written
}
