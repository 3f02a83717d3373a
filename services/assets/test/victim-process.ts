import { openLocalBlobStore } from '@atrium/platform/blobs/local/store.ts'
import { createDatabase } from '@atrium/platform/database/database.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import { newCommandId } from '@atrium/platform/identifier.ts'
import { collect } from '../src/collecting/collect.ts'
import { aggregatesOf } from './assets-context.ts'
import { deleteAsset, uploadFiles, variantsKeptMs } from './library-life.ts'

/** Run by the test of deaths as a process of its own; its argument, as JSON. */
export interface VictimTask {
  readonly ownerUrl: string
  readonly routesUrl: string
  readonly blobsFolder: string
  readonly ownerId: string
  readonly instanceId: string
}

const task = JSON.parse(process.argv[2] ?? '') as VictimTask
const { ownerUrl, routesUrl, blobsFolder, ownerId, instanceId } = task
const store = await openEventStore({ context: 'assets', databaseUrl: ownerUrl })
const blobs = await openLocalBlobStore(blobsFolder)
const { owner } = await createDatabase({ ownerUrl, routesUrl, context: 'assets' })
const ports = { ...aggregatesOf(store), blobs }
process.on('message', () => {}) // keeps it alive until it is killed

/** Uploads of all sizes, half of which are deleted again, told one by one, without an end. */
async function uploadUntilKilled(content: string) {
  for (let count = 0; !process.exitCode; count += 1) {
    const size = count % 3 === 0 ? 1_300_000 : 2_000
    const text = count % 2 === 0 ? content : newCommandId()
    const sources = [[Buffer.alloc(size, text)], [Buffer.from(newCommandId())]]
    const [first = ''] = await uploadFiles(ports, { ownerId, instanceId }, sources)
    if (count % 2 === 0) await deleteAsset(ports, ownerId, first)
    process.send?.({ count })
  }
}

async function collectUntilKilled() {
  while (!process.exitCode) {
    await collect({ ...ports, owner, variantsKeptMs }, new Date().toISOString())
  }
}

await Promise.all([
  uploadUntilKilled('one content'),
  uploadUntilKilled('one content'),
  uploadUntilKilled('another content'),
  collectUntilKilled(),
])
