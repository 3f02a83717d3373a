import type { Context } from '@atrium/contracts/context.ts'
import { createListener } from '../database/listener.ts'
import type { Database } from '../database/database.ts'
import type { EventStore } from '../event-store/port.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { readGenerations } from './generation.ts'
import { measureLag } from './lag.ts'
import { createProgress, parseNotice } from './progress.ts'
import type { ProjectionDefinition } from './projection.ts'
import { createRunner, refuseChanged, type Runner } from './runner.ts'

export interface ProjectionsOptions {
  readonly context: Context
  readonly store: EventStore
  readonly database: Database
  // Each definition has events of its own: a list of them has none in common.
  readonly definitions: readonly ProjectionDefinition<never>[]
  readonly logger: Logger
  readonly metrics: Metrics
  readonly tracing?: Tracing
}

/**
 * The longest that a start waits for a new version to be built; then it fails and goes on later.
 */
const startTimeoutMs = 600_000

/** How often a start looks whether its projections can be read. */
const startPollMs = 50

export type Projections = ReturnType<typeof createProjections>

/**
 * A context's read models: kept up to date by one process of all replicas, readable in each through
 * the views of schema `public`.
 */
export function createProjections(options: ProjectionsOptions) {
  const { context, database, store, logger, metrics, tracing } = options
  const definitions = options.definitions as readonly ProjectionDefinition[]
  const names = definitions.map(({ name }) => name)
  if (new Set(names).size < names.length) throw new Error('two projections have the same name')
  const progress = createProgress(database.owner, names)
  const ports = { context, store, database, progress, logger, tracing }
  const runners = new Map<string, Runner>()
  measureLag(metrics, { context, store, owner: database.owner })

  const listener = createListener({
    database,
    name: 'projections',
    channels: ['atrium_projection', 'atrium_projection_request'],
    onNotification(channel, payload) {
      if (channel === 'atrium_projection_request') runners.get(payload)?.wake()
      const notice = channel === 'atrium_projection' ? parseNotice(payload) : undefined
      if (notice && names.includes(notice.projection)) progress.note(notice)
    },
    onListening: progress.listening,
    onLost: progress.forget,
    logger,
  })

  return {
    /**
     * Begins to follow, or to wait for that, and returns when every projection can be read in this
     * version: at once for one that was built before. Throws after ten minutes, and
     * ProjectionChanged at once for a definition whose SQL changed while its version did not.
     */
    async start() {
      for (const definition of definitions) {
        refuseChanged(definition, await readGenerations(database.owner, definition.name))
      }
      for (const definition of definitions) {
        runners.set(definition.name, createRunner(ports, definition))
      }
      await untilReadable(database, definitions)
    },

    /**
     * Returns when every live projection of the context has handled its events up to the position.
     * Throws Rejection `not-yet-consistent` after 2 s.
     */
    waitFor: progress.waitFor,

    /**
     * A number that changes before `waitFor` returns for a position that it waited for: what was
     * read while it was the same as now may be given again, as if it were read now. Undefined while
     * this process is not told of changes.
     */
    version: progress.version,

    async close() {
      await Promise.all([...runners.values()].map((runner) => runner.close()))
      await listener.close()
    },
  }
}

async function untilReadable(database: Database, definitions: readonly ProjectionDefinition[]) {
  const deadline = performance.now() + startTimeoutMs
  for (;;) {
    const { rows } = await database.owner.query<{ projection: string; version: number }>(
      `select projection, version from platform.projection_generation where status = 'live'`,
    )
    const waiting = definitions.filter(
      ({ name, version }) => !rows.some((row) => row.projection === name && row.version >= version),
    )
    if (waiting.length === 0) return
    if (performance.now() > deadline) {
      throw new Error(`not built in time: ${waiting.map(({ name }) => name).join(', ')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, startPollMs))
  }
}
