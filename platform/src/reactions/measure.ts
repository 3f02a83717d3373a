import type { Database } from '../database/database.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { WorkerOptions } from './worker.ts'

/** Metrics of the inbox, and what the worker tells of each event that it handled. */
export function measureReactions(
  metrics: Metrics | undefined,
  { owner }: Pick<Database, 'owner'>,
): WorkerOptions<never>['onHandled'] {
  if (!metrics) return () => undefined
  const seconds = metrics.histogram<'reaction' | 'outcome'>({
    name: 'atrium_reaction_seconds',
    help: 'How long a reaction took, by what became of the event.',
    labels: ['reaction', 'outcome'],
  })
  const oldest = metrics.gauge<'reaction'>({
    name: 'atrium_reaction_oldest_seconds',
    help: 'How long the oldest event that is neither handled nor parked has been waiting.',
    labels: ['reaction'],
  })
  metrics.gauge<'reaction' | 'status'>({
    name: 'atrium_reaction_events',
    help: 'Events in the inbox that are open or parked.',
    labels: ['reaction', 'status'],
    async collect(gauge) {
      const { rows } = await owner.query<{
        reaction: string
        status: string
        count: number
        age: number
      }>(
        `select reaction, status, count(*)::int as count,
           extract(epoch from clock_timestamp() - min(received_at))::float8 as age
         from platform.inbox where status in ('open', 'parked') group by reaction, status`,
      )
      gauge.reset()
      oldest.reset()
      for (const { reaction, status, count, age } of rows) {
        gauge.set({ reaction, status }, count)
        if (status === 'open') oldest.set({ reaction }, age)
      }
    },
  })
  return (reaction, outcome, took) => seconds.observe({ reaction, outcome }, took)
}
