import { openBlobStore } from '@atrium/platform/blobs/open.ts'
import { createRevocations } from '@atrium/platform/identity/revocations.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createRecentReads } from '@atrium/platform/projections/recent-reads.ts'
import { createReactions } from '@atrium/platform/reactions/reactions.ts'
import { createRelay } from '@atrium/platform/relay/relay.ts'
import { connectService } from '@atrium/platform/service/connect.ts'
import { createServiceDoor } from '@atrium/platform/service/door.ts'
import { runService } from '@atrium/platform/service/run.ts'
import { createAggregates } from './aggregates.ts'
import { createCollector } from './collecting/collector.ts'
import { loadConfig } from './config.ts'
import { createImageWorkshop, imageLimitsDefault } from './images/workshop.ts'
import { createLinkTokens } from './link-token.ts'
import { createInspection } from './media/inspect.ts'
import { blobList } from './projections/blob-list/projection.ts'
import { fileTree } from './projections/file-tree/projection.ts'
import { library } from './projections/library/projection.ts'
import type { FoundContent } from './projections/library/query.ts'
import { linkList } from './projections/link-list/projection.ts'
import { uploadList } from './projections/upload-list/projection.ts'
import { createProver, proofMigration } from './proof/prover.ts'
import { keepStorageOnInstanceChanged } from './reactions/keep-storage-on-instance-changed.ts'
import { keepUsesOnProjectChanged } from './reactions/keep-uses-on-project-changed.ts'
import {
  releaseStorageOnTenantRemoved,
  type Deps as ReleaseDeps,
} from './reactions/release-storage-on-tenant-removed.ts'
import { leaseMigration } from './resumable/lease-table.ts'
import { createUploadLeases } from './resumable/leases.ts'
import { createSeenUploads } from './resumable/seen-uploads.ts'
import { mountAssets } from './routes/assets.ts'
import { mountContent } from './routes/content.ts'
import { mountHoldings } from './routes/holdings.ts'
import { mountFileChanges } from './routes/file-changes.ts'
import { mountFileWrites } from './routes/file-writes.ts'
import { mountFiles } from './routes/files.ts'
import { mountLinks } from './routes/links.ts'
import { mountResumableUploads } from './routes/resumable-uploads.ts'
import { mountUploads } from './routes/uploads.ts'
import { createTidyTimer } from './timers/tidy-files.ts'
import { createVariants } from './variants/variants.ts'

const context = 'assets'
/** What a process that died has left of files may wait so long. */
const tidyIntervalMs = 10 * 60_000
const config = loadConfig()
/** Owners who wait for a picture at one time, each for one. */
const variantOwnersMax = 200
/** An upload that came in full and is not finished is left to its request for so long. */
const uploadSettlingMs = 60_000
/** How long the collector and a proof wait for the read models. */
const caughtUpMs = 60_000
/** Of what is being read, piece by piece. */
const recentContentMax = 10_000

// Connect
const service = await connectService({
  context,
  config,
  migrations: [proofMigration, leaseMigration],
})
const { database, store, nats, logger, lifecycle } = service
const blobs = await openBlobStore(context, config)

// Wire
const { storages, blobs: blobAggregates, links, trees, proofs, uploads } = createAggregates(store)
const limits = {
  bytesMax: config.FREE_TIER_BYTES_MAX,
  imagesMax: config.FREE_TIER_IMAGES_MAX,
}
const graceMs = config.ASSETS_GRACE_SECONDS * 1000
const linkTokens = createLinkTokens(config.SERVICE_SECRET)
const projections = createProjections({
  ...service,
  definitions: [library, blobList, linkList, fileTree, uploadList],
})
const headPosition = () => store.headPosition({ streamPrefixes: [`${context}.`] })
const relay = createRelay(service)
const reactions = createReactions<ReleaseDeps>({
  ...service,
  definitions: [
    keepStorageOnInstanceChanged,
    keepUsesOnProjectChanged,
    releaseStorageOnTenantRemoved,
  ],
  deps: { storages, trees, graceMs, database, projections, headPosition },
})
const unsettledMs = config.ASSETS_UNSETTLED_SECONDS * 1000
const uploadDeps = {
  storages,
  blobAggregates,
  blobs,
  inspect: createInspection(createImageWorkshop()),
  rules: {
    projectImageBytesMax: config.PROJECT_IMAGE_BYTES_MAX,
    imageBytesMax: config.IMAGE_BYTES_MAX,
    fileBytesMax: config.FILE_BYTES_MAX,
  },
  limits,
  unsettledMs,
  logger,
}
const resumableDeps = {
  ...uploadDeps,
  uploads,
  seen: createSeenUploads(),
  leases: createUploadLeases({ owner: database.owner, logger }),
  lifetimeMs: config.ASSETS_UPLOAD_SECONDS * 1000,
}
/** Until the read models show all that is written by now; resolves with how far that is. */
const caughtUp = async () => {
  const position = await headPosition()
  await projections.waitFor(position, { timeoutMs: caughtUpMs })
  return position
}
const collector = createCollector({
  caughtUp,
  ...resumableDeps,
  owner: database.owner,
  database,
  variantsKeptMs: config.DERIVED_KEPT_SECONDS * 1000,
  settlingMs: uploadSettlingMs,
  intervalMs: config.ASSETS_COLLECT_INTERVAL_SECONDS * 1000,
})
const prover = createProver({
  store,
  database,
  blobs,
  blobAggregates,
  proofs,
  caughtUp,
  unsettledMs,
  intervalMs: config.ASSETS_PROOF_INTERVAL_SECONDS * 1000,
  logger,
})
const revocations = createRevocations({ nats, authUrl: config.AUTH_URL, logger })
const app = createServiceDoor(service, { projections, reactions, revocations })

mountAssets(app, { storages, database, limits, graceMs })
mountUploads(app, uploadDeps)
mountResumableUploads(app, resumableDeps)
const variants = createVariants({
  blobAggregates,
  blobs,
  database,
  // Of their own, so that no upload waits for what somebody else has drawn.
  workshop: createImageWorkshop({ ...imageLimitsDefault, waitingMax: variantOwnersMax }),
  derivedBytesMax: config.DERIVED_BYTES_MAX,
  unsettledMs,
  logger,
})
const recentContent = createRecentReads<FoundContent>(projections, { entriesMax: recentContentMax })
const contentDeps = { database, blobs, variants, recentContent }
const fileDeps = { ...uploadDeps, trees, database, graceMs, entriesMax: config.FILES_MAX }
mountFiles(app, { ...fileDeps, ...contentDeps })
mountFileWrites(app, fileDeps)
mountFileChanges(app, fileDeps)
mountContent(app, { ...contentDeps, storages, links, linkTokens })
mountLinks(app, { database, links, linkTokens })
mountHoldings(app, { database })
const tidyTimer = createTidyTimer({
  storages,
  trees,
  graceMs,
  owner: database.owner,
  intervalMs: tidyIntervalMs,
  logger,
})

// Run
lifecycle.onStop('connections', 'blob store', () => blobs.close())
const parts = { tidyTimer, collector, prover }
await runService(service, { app, revocations, projections, relay, reactions, parts })
