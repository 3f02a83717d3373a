import type { Database } from '@atrium/platform/database/database.ts'
import type { Metrics } from '@atrium/platform/telemetry/metrics.ts'
import type { RenderMeasure } from './rendering/render-job.ts'

/** From a page at once to the longest that a render may take. */
const renderBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

/** What is said of the queue and of renders. No label names a tenant, a person or a job. */
export function createRenderMeasure(
  metrics: Metrics,
  database: Pick<Database, 'owner'>,
): RenderMeasure {
  metrics.gauge({
    name: 'pdf_jobs_waiting',
    help: 'Jobs that no process renders.',
    collect: async (gauge) => {
      gauge.set(await countWaiting(database))
    },
  })
  const waited = metrics.histogram({
    name: 'pdf_job_waited_seconds',
    help: 'From the request to the render.',
    buckets: renderBuckets,
  })
  const rendered = metrics.histogram({
    name: 'pdf_render_seconds',
    help: 'A render, from its start to its outcome.',
    labels: ['outcome'],
    buckets: renderBuckets,
  })
  return {
    started: (waitedSeconds) => waited.observe(waitedSeconds),
    ended: (outcome, seconds) => rendered.observe({ outcome }, seconds),
  }
}

async function countWaiting({ owner }: Pick<Database, 'owner'>): Promise<number> {
  const { rows } = await owner.query<{ count: number }>(`
    select count(*) as count from job_list j
     where j.status in ('pending', 'processing') and not exists (
       select from queue.lease l
        where l.tenant_id = j.tenant_id and l.job_id = j.id
          and l.leased_until > clock_timestamp())`)
  return rows[0]?.count ?? 0
}
