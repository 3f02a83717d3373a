import { openLocalBlobStore } from '@atrium/platform/blobs/local/store.ts'
import { createDatabase } from '@atrium/platform/database/database.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import { aggregatesOf } from './assets-context.ts'
import { chunksOf, quickLeases, send, startProcess } from './resumable-life.ts'

/** Run by the test of deaths as a process of its own; its argument, as JSON. */
export interface ResumableTask {
  readonly ownerUrl: string
  readonly routesUrl: string
  readonly blobsFolder: string
  readonly ownerId: string
  readonly uploadId: string
  readonly sizeBytes: number
  /** What the bytes are made of. */
  readonly seed: string
  /** Where it says that it waits to be killed. */
  readonly dies: 'append' | 'commit' | 'received'
}

export interface VictimSays {
  readonly sentBytes: number
}

process.on('message', () => {}) // keeps it alive until it is killed
const task = JSON.parse(process.argv[2] ?? '') as ResumableTask
const { ownerUrl, routesUrl, blobsFolder, ownerId, uploadId, sizeBytes, seed, dies } = task
const store = await openEventStore({ context: 'assets', databaseUrl: ownerUrl })
const { owner } = await createDatabase({ ownerUrl, routesUrl, context: 'assets' })
const blobs = await openLocalBlobStore(blobsFolder)
const { storages, ...others } = aggregatesOf(store)

const sayAndWait = (sentBytes: number) => {
  process.send?.({ sentBytes } satisfies VictimSays)
  return new Promise<never>(() => {})
}
const deps = startProcess(
  {
    ...others,
    owner,
    blobs,
    storages: {
      ...storages,
      // All of it was received: the next thing that the storage hears is the asset.
      async handle(id, command, cause) {
        if (dies === 'received' && command.type === 'StoreAssets') return sayAndWait(sizeBytes)
        return storages.handle(id, command, cause)
      },
    },
  },
  quickLeases,
)
const inspected = {
  ...deps,
  inspect: dies === 'commit' ? () => sayAndWait(sizeBytes) : deps.inspect,
}
const bytes = Buffer.alloc(sizeBytes, seed)

async function* source() {
  const sent = dies === 'append' ? bytes.subarray(0, Math.floor((sizeBytes * 4) / 5)) : bytes
  yield* chunksOf(sent)
  if (dies === 'append') await sayAndWait(sent.length)
}

await send(inspected, { ownerId }, { uploadId, offsetBytes: 0, source: source() })
