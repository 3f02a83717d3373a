import type { Context } from '@atrium/contracts/context.ts'
import type { NatsConnection } from 'nats'
import type { ServiceConfig } from '../config.ts'
import { createDatabase, type Database } from '../database/database.ts'
import type { Migration } from '../database/migrate.ts'
import { openEventStore } from '../event-store/open.ts'
import type { EventStore } from '../event-store/port.ts'
import { createLifecycle, type Lifecycle } from '../lifecycle.ts'
import { connectNats } from '../messaging/nats.ts'
import { createLogger, type Logger } from '../telemetry/logger.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import { createTracing, type Tracing } from '../telemetry/tracing.ts'

/** What each context's process stands on: its own store and database, and NATS. */
export interface Service {
  readonly context: Context
  readonly config: ServiceConfig
  readonly logger: Logger
  readonly metrics: Metrics
  readonly tracing: Tracing
  readonly lifecycle: Lifecycle
  readonly database: Database
  readonly store: EventStore
  readonly nats: NatsConnection
  /** Of the context's own events. */
  headPosition(): Promise<number>
}

export interface ConnectOptions {
  readonly context: Context
  readonly config: ServiceConfig
  /** The service's own tables beside its projections. */
  readonly migrations?: readonly Migration[]
}

/**
 * Connects, migrates, and closes the connections as the last thing of the process. Waits a limited
 * time for each server, then throws StoreUnavailable, or what NATS threw.
 */
export async function connectService(options: ConnectOptions): Promise<Service> {
  const { context, config, migrations = [] } = options
  const logger = createLogger({ name: context, level: config.LOG_LEVEL })
  const metrics = createMetrics({ name: context })
  const tracing = createTracing({ name: context, endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT })
  const lifecycle = createLifecycle({ logger, watchParent: config.ATRIUM_PARENT })
  const database = await createDatabase({
    ownerUrl: config.DATABASE_URL,
    routesUrl: config.DATABASE_ROUTES_URL,
    context,
    migrations,
  })
  const store = await openEventStore({
    context,
    databaseUrl: config.DATABASE_URL,
    eventStoreDbUrl: config.EVENTSTOREDB_URL,
  })
  const nats = await connectNats({ url: config.NATS_URL, name: context, logger })

  lifecycle.onStop('connections', 'event store', () => store.close())
  lifecycle.onStop('connections', 'database', () => database.close())
  lifecycle.onStop('connections', 'nats', () => nats.close())
  lifecycle.onStop('connections', 'tracing', () => tracing.close())
  return {
    context,
    config,
    logger,
    metrics,
    tracing,
    lifecycle,
    database,
    store,
    nats,
    headPosition: () => store.headPosition({ streamPrefixes: [`${context}.`] }),
  }
}
