import type { BlobEvent } from '@atrium/contracts/assets/blob-events.ts'
import type { FileEvent } from '@atrium/contracts/assets/file-events.ts'
import type { LinkEvent } from '@atrium/contracts/assets/link-events.ts'
import type { ProofEvent } from '@atrium/contracts/assets/proof-events.ts'
import type { StorageEvent } from '@atrium/contracts/assets/storage-events.ts'
import type { UploadEvent } from '@atrium/contracts/assets/upload-events.ts'
import { createAggregate, type Aggregate } from '@atrium/platform/decider/aggregate.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { blob, type BlobCommand, type BlobState } from './blob.ts'
import { tree, type TreeCommand } from './files/tree.ts'
import type { TreeState } from './files/tree-state.ts'
import { link, type LinkCommand, type LinkState } from './link.ts'
import { proof, type CompleteProof, type ProofState } from './proof.ts'
import { storage, type StorageCommand } from './storage.ts'
import type { StorageState } from './storage-state.ts'
import { uploadSession, type UploadCommand, type UploadState } from './upload-session.ts'

/** By owner. */
export type Storages = Aggregate<StorageState, StorageCommand, StorageEvent>

/** By SHA-256. */
export type Blobs = Aggregate<BlobState, BlobCommand, BlobEvent>

/** By link. */
export type Links = Aggregate<LinkState, LinkCommand, LinkEvent>

/** By instance. */
export type Trees = Aggregate<TreeState, TreeCommand, FileEvent>
/** All in one. */
export type Proofs = Aggregate<ProofState, CompleteProof, ProofEvent>

/** Resumable ones, by the id of the asset to be. */
export type Uploads = Aggregate<UploadState, UploadCommand, UploadEvent>

export interface Aggregates {
  readonly storages: Storages
  readonly blobs: Blobs
  readonly links: Links
  readonly trees: Trees
  readonly proofs: Proofs
  readonly uploads: Uploads
}

/** A storage, and a tree, may be large: an owner's whole library. Few are in use at one time. */
const storagesKeptMax = 1_000

export function createAggregates(store: EventStore): Aggregates {
  const context = 'assets'
  return {
    storages: createAggregate({
      store,
      context,
      name: 'storage',
      decider: storage,
      statesMax: storagesKeptMax,
    }),
    blobs: createAggregate({ store, context, name: 'blob', decider: blob }),
    links: createAggregate({ store, context, name: 'link', decider: link }),
    trees: createAggregate({
      store,
      context,
      name: 'tree',
      decider: tree,
      statesMax: storagesKeptMax,
    }),
    proofs: createAggregate({ store, context, name: 'proof', decider: proof }),
    uploads: createAggregate({ store, context, name: 'upload', decider: uploadSession }),
  }
}
