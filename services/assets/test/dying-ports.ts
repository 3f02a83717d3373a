import type { BlobStore, Stage } from '@atrium/platform/blobs/port.ts'
import type { Trees } from '../src/aggregates.ts'
import type { LifePorts } from './library-life.ts'

/**
 * Ports of a process that dies right after its n-th call to a store: the call has happened, and
 * nobody ever learns of it. Whatever waits for it waits for ever, as if it were gone.
 */
export function createDyingPorts(ports: LifePorts, diesAtCall: number) {
  const died = Promise.withResolvers<void>()
  let calls = 0

  const mortal =
    <Arguments extends unknown[], Result>(call: (...given: Arguments) => Promise<Result>) =>
    async (...given: Arguments): Promise<Result> => {
      calls += 1
      const isLast = calls === diesAtCall
      if (calls > diesAtCall) return new Promise(() => {})
      const result = await call(...given)
      if (!isLast) return result
      died.resolve()
      return new Promise(() => {})
    }

  const stage = (inner: Stage): Stage => ({
    ...inner,
    append: mortal((...given: Parameters<Stage['append']>) => inner.append(...given)),
    commit: mortal(() => inner.commit()),
    abort: mortal(() => inner.abort()),
  })
  const blobs: BlobStore = {
    ...ports.blobs,
    stage: async (...given) => stage(await ports.blobs.stage(...given)),
    remove: mortal((key: Parameters<BlobStore['remove']>[0]) => ports.blobs.remove(key)),
  }
  const dying: LifePorts = {
    blobs,
    storages: {
      ...ports.storages,
      handle: mortal((...given: Parameters<LifePorts['storages']['handle']>) =>
        ports.storages.handle(...given),
      ),
    },
    blobAggregates: {
      ...ports.blobAggregates,
      handle: mortal((...given: Parameters<LifePorts['blobAggregates']['handle']>) =>
        ports.blobAggregates.handle(...given),
      ),
    },
  }
  return {
    ports: dying,
    died: died.promise,
    /** The same of any other port. */
    mortal,
    /** The same of files. */
    treesOf: (trees: Trees): Trees => ({
      ...trees,
      handle: mortal((...given: Parameters<Trees['handle']>) => trees.handle(...given)),
    }),
  }
}
