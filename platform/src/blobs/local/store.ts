import { open, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import {
  type BlobContent,
  type BlobEntry,
  type BlobKey,
  BlobMissing,
  type BlobStore,
  BlobStoreUnavailable,
  type ListBlobsOptions,
  type ReadBlobOptions,
  type StagedEntry,
} from '../port.ts'
import { ifPresent, isAbsent, storeFailure } from './failure.ts'
import { createFileStream } from './file-stream.ts'
import { makeFolder, syncFolder } from './files.ts'
import { blobNames, folderNames, keyOfBlob, type Layout, layoutOf, stageAt } from './layout.ts'
import { createReadBuffers, type ReadBuffers } from './read-buffers.ts'
import { createOneWriterStage, openResumableStage, type StagesDeps } from './stage.ts'
import { dropStage } from './stage-file.ts'
import { walk } from './walk.ts'

const formatText = 'atrium blobs 1\n'

/**
 * A blob store in a folder of its own, which is created when it is missing. One process writes to a
 * stage at a time; any number may commit, read and remove.
 */
export async function openLocalBlobStore(folder: string): Promise<BlobStore> {
  const layout = layoutOf(folder)
  await prepareFolder(folder, layout)
  const closing = new AbortController()
  const stages: StagesDeps = { layout, busy: new Set(), closing: closing.signal }
  const streams = new Set<Readable>()
  const buffers = createReadBuffers()

  return {
    stage: async (key, { resumable = false } = {}) =>
      resumable ? await openResumableStage(stages, key) : createOneWriterStage(stages, key),
    async read(key, options = {}) {
      const content = await readBlob({ layout, buffers }, key, options)
      streams.add(content.stream)
      content.stream.once('close', () => streams.delete(content.stream))
      return content
    },
    head: async (key) => ({ sizeBytes: (await ofBlob(layout, key, (path) => stat(path))).size }),
    remove: (key) => removeBlob(layout, key),
    list: (options) => listBlobs(layout, options),
    listStaged: () => listStages(layout),
    async close() {
      closing.abort(new BlobStoreUnavailable('The blob store is closed'))
      for (const stream of streams) stream.destroy(new BlobStoreUnavailable('The store is closed'))
    },
  }
}

async function prepareFolder(folder: string, layout: Layout) {
  try {
    await makeFolder(folder)
    const format = await ifPresent(readFile(layout.format, 'utf8'))
    if (format === undefined) {
      await writeFile(layout.format, formatText, { flush: true })
      await syncFolder(folder)
    } else if (format !== formatText) {
      throw new Error(`${folder} is a blob store of another format`)
    }
  } catch (error) {
    throw storeFailure(error)
  }
}

async function readBlob(
  { layout, buffers }: { readonly layout: Layout; readonly buffers: ReadBuffers },
  key: BlobKey,
  { range, signal }: ReadBlobOptions,
): Promise<BlobContent> {
  const file = await ofBlob(layout, key, (path) => open(path, 'r'))
  try {
    const { size: sizeBytes } = await file.stat()
    signal?.throwIfAborted() // from here on the stream tells
    const { start, end = sizeBytes } = range ?? { start: 0 }
    const stream = createFileStream(file, { start, end: Math.min(end, sizeBytes) }, buffers)
    return { stream: signal ? addAbortSignal(signal, stream) : stream, sizeBytes }
  } catch (error) {
    await file.close()
    throw storeFailure(error)
  }
}

/**
 * Does something with the file of a blob. A store whose folder is gone (a volume that is not
 * mounted) does not say of every blob that it never was.
 */
async function ofBlob<T>(layout: Layout, key: BlobKey, work: (path: string) => Promise<T>) {
  try {
    return await work(layout.blob(key))
  } catch (error) {
    if (!isAbsent(error)) throw storeFailure(error)
    if (await ifPresent(stat(layout.format))) throw new BlobMissing(key)
    throw new BlobStoreUnavailable('The folder of the store is gone', { cause: error })
  }
}

async function removeBlob(layout: Layout, key: BlobKey) {
  const path = layout.blob(key)
  try {
    await rm(path, { force: true })
    await rmdir(dirname(path)).catch(() => {}) // where it was the last: tenants come and go
  } catch (error) {
    throw storeFailure(error)
  }
}

async function* listBlobs(
  layout: Layout,
  { prefix, after }: ListBlobsOptions = {},
): AsyncGenerator<BlobEntry> {
  const start = prefix === undefined ? [] : folderNames(prefix)
  const behind = after === undefined ? [] : blobNames(after).slice(start.length)
  try {
    for await (const names of walk(join(layout.blobs, ...start), behind)) {
      const all = [...start, ...names]
      const key = keyOfBlob(all)
      const file = key && (await ifPresent(stat(join(layout.blobs, ...all))))
      if (key && file) yield { key, storedBytes: file.size, modifiedAt: file.mtime }
    }
  } catch (error) {
    throw storeFailure(error)
  }
}

async function* listStages(layout: Layout): AsyncGenerator<StagedEntry> {
  try {
    for await (const names of walk(layout.stages)) {
      const path = join(layout.stages, ...names)
      const stage = stageAt(names)
      const file = stage && (await ifPresent(stat(path)))
      if (file) yield { ...stage, modifiedAt: file.mtime, drop: () => dropStage(path) }
    }
  } catch (error) {
    throw storeFailure(error)
  }
}
