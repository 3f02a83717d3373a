import type { Context } from '@atrium/contracts/context.ts'
import type pg from 'pg'
import type { EventStore } from '../event-store/port.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { listProjections, type ProjectionStatus } from './operate.ts'

export interface LagPorts {
  readonly context: Context
  readonly store: EventStore
  readonly owner: Pick<pg.Pool, 'query'>
}

export interface ProjectionLag extends ProjectionStatus {
  /** Between the checkpoint and the store's last event; on EventStoreDB not a count of events. */
  readonly lagPositions: number
  /** The age of the first event that is not handled; 0 where all are. */
  readonly lagSeconds: number
}

/** How far every generation is behind the store. */
export async function readLag({ context, store, owner }: LagPorts): Promise<ProjectionLag[]> {
  const filter = { streamPrefixes: [`${context}.`] }
  const statuses = await listProjections(owner)
  const head = await store.headPosition(filter)
  return await Promise.all(
    statuses.map(async (status) => {
      const lagPositions = Math.max(0, head - status.position)
      return { ...status, lagPositions, lagSeconds: lagPositions === 0 ? 0 : await age(status) }
    }),
  )

  async function age({ position: after }: ProjectionStatus) {
    for await (const [first] of store.readAll({ after, filter, limit: 1 })) {
      if (first) return Math.max(0, (Date.now() - Date.parse(first.recordedAt)) / 1_000)
    }
    return 0
  }
}

const labels = ['projection', 'status'] as const

type Measured = 'lagPositions' | 'lagSeconds' | 'parked'

/** Gauges that are measured when they are asked for; absent while the servers do not answer. */
export function measureLag(metrics: Metrics, ports: LagPorts) {
  let measuring: Promise<ProjectionLag[]> | undefined
  /** One measurement for all gauges of one scrape. */
  const measure = () => {
    measuring ??= readLag(ports).finally(() => {
      measuring = undefined
    })
    return measuring
  }
  const gauge = (name: string, help: string, field: Measured) =>
    metrics.gauge({
      name,
      help,
      labels,
      async collect(self) {
        self.reset()
        const all = await measure().catch(() => [])
        for (const each of all) {
          self.set({ projection: each.name, status: each.status }, each[field])
        }
      },
    })
  gauge(
    'atrium_projection_lag_positions',
    'Positions between a projection and the last event of its context.',
    'lagPositions',
  )
  gauge(
    'atrium_projection_lag_seconds',
    'Age of the first event that a projection has not handled.',
    'lagSeconds',
  )
  gauge(
    'atrium_projection_parked_events',
    'Events that a projection could not apply and set aside.',
    'parked',
  )
}
