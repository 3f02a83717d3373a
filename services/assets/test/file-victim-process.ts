import { openLocalBlobStore } from '@atrium/platform/blobs/local/store.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import { newCommandId } from '@atrium/platform/identifier.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { aggregatesOf } from './assets-context.ts'
import { copy, move, remove } from './file-life.ts'

/** Run by the test of deaths as a process of its own; its argument, as JSON. */
export interface FileVictimTask {
  readonly ownerUrl: string
  readonly routesUrl: string
  readonly blobsFolder: string
  readonly ownerId: string
  readonly instanceId: string
}

const { ownerUrl, blobsFolder, ownerId, instanceId } = JSON.parse(
  process.argv[2] ?? '',
) as FileVictimTask
const store = await openEventStore({ context: 'assets', databaseUrl: ownerUrl })
const blobs = await openLocalBlobStore(blobsFolder)
const ports = { ...aggregatesOf(store), blobs }
const owned = { ownerId, instanceId }
process.on('message', () => {}) // keeps it alive until it is killed

/** Copies a folder, moves the copy, deletes it again, told step by step, without an end. */
async function changeUntilKilled() {
  for (let count = 0; !process.exitCode; count += 1) {
    const [one, other] = [`copy-${newCommandId()}`, `moved-${newCommandId()}`]
    const steps = [
      () => copy(ports, owned, 'a', one),
      () => move(ports, owned, one, other),
      ...(count % 3 === 0 ? [] : [() => remove(ports, owned, other)]),
    ]
    for (const step of steps) {
      await step().catch((error: unknown) => {
        if (!(error instanceof Rejection)) throw error
      })
      process.send?.({ count })
    }
  }
}

await Promise.all([changeUntilKilled(), changeUntilKilled()])
