import { openLocalBlobStore } from '@atrium/platform/blobs/local/store.ts'
import type { BlobStore } from '@atrium/platform/blobs/port.ts'
import { createDatabase } from '@atrium/platform/database/database.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { newCommandId } from '@atrium/platform/identifier.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import { createTestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAggregates } from '../src/aggregates.ts'
import { proofMigration } from '../src/proof/prover.ts'
import { blobList } from '../src/projections/blob-list/projection.ts'
import { fileTree } from '../src/projections/file-tree/projection.ts'
import { leaseMigration } from '../src/resumable/lease-table.ts'
import { library } from '../src/projections/library/projection.ts'
import { linkList } from '../src/projections/link-list/projection.ts'
import { uploadList } from '../src/projections/upload-list/projection.ts'

const context = 'assets'

/** The context without HTTP and NATS: its log, its read models, its commands. */
export async function createAssetsContext(
  openBlobs: (folder: string) => Promise<BlobStore> = openLocalBlobStore,
) {
  const urls = await createTestDatabase()
  const database = await createDatabase({
    ...urls,
    context,
    migrations: [proofMigration, leaseMigration],
  })
  const store = await openEventStore({ context, databaseUrl: urls.ownerUrl })
  const blobsFolder = await mkdtemp(join(tmpdir(), 'atrium-assets-'))
  const blobs = await openBlobs(blobsFolder)
  const logger = createLogger({ name: 'test', level: 'silent' })
  const metrics = createMetrics({ name: 'test' })
  const definitions = [library, blobList, linkList, fileTree, uploadList]
  const projections = createProjections({
    context,
    store,
    database,
    definitions,
    logger,
    metrics,
  })
  await projections.start()
  return {
    ...aggregatesOf(store),
    blobs,
    blobsFolder,
    ownerUrl: urls.ownerUrl,
    routesUrl: urls.routesUrl,
    database,
    store,
    logger,
    projections,
    /** Waits until the read models show everything that was written. */
    async caughtUp() {
      const position = await store.headPosition({ streamPrefixes: [`${context}.`] })
      await projections.waitFor(position, { timeoutMs: 30_000 })
      return position
    },
    async close() {
      await projections.close()
      await blobs.close()
      await store.close()
      await database.close()
      await urls.drop()
      await rm(blobsFolder, { recursive: true })
    },
  }
}

/** As the service names them: the blob store is `blobs`. */
export function aggregatesOf(store: EventStore) {
  const { blobs: blobAggregates, ...others } = createAggregates(store)
  return { ...others, blobAggregates }
}

export type AssetsContext = Awaited<ReturnType<typeof createAssetsContext>>

export function causeIn(tenant: string) {
  const commandId = newCommandId()
  return { tenant, actor: { service: 'test' }, correlationId: commandId, commandId }
}
