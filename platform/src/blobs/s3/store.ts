import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import {
  type BlobContent,
  type BlobEntry,
  type BlobKey,
  BlobMissing,
  type BlobStore,
  BlobStoreUnavailable,
  type ByteRange,
  type ListBlobsOptions,
  type ReadBlobOptions,
  type StagedEntry,
} from '../port.ts'
import { createS3Connection, type S3Connection, type S3Options } from './connection.ts'
import { isAbsent, isRangeUnsatisfiable } from './failure.ts'
import { listObjects, removeObject, sizeOfObject, streamOf } from './objects.ts'
import { createOneWriterStage, dropStage, openResumableStage, type StagesDeps } from './stage.ts'
import { blobAt, blobName, blobsBelow, stageAt, stagesBelow } from './stage-state.ts'

/**
 * A blob store in a bucket of S3, which is created when it is missing. A writer that dies between
 * two calls can leave an upload behind that nothing of ours names; give the bucket a rule that
 * aborts unfinished uploads after some days.
 */
export async function openS3BlobStore(options: S3Options): Promise<BlobStore> {
  const connection = createS3Connection(options)
  await prepareBucket(connection)
  const closing = new AbortController()
  const stages: StagesDeps = { connection, busy: new Set(), closing: closing.signal }
  const streams = new Set<Readable>()

  return {
    stage: async (key, { resumable = false } = {}) =>
      resumable ? await openResumableStage(stages, key) : createOneWriterStage(stages, key),
    async read(key, readOptions = {}) {
      const content = await readBlob(connection, key, readOptions)
      streams.add(content.stream)
      content.stream.once('close', () => streams.delete(content.stream))
      return content
    },
    head: async (key) => ({ sizeBytes: await sizeOfBlob(connection, key) }),
    remove: (key) => removeObject(connection, blobName(key)),
    list: (listOptions) => listBlobs(connection, listOptions),
    listStaged: () => listStages(stages),
    async close() {
      const closed = new BlobStoreUnavailable('The blob store is closed')
      closing.abort(closed)
      for (const stream of streams) stream.destroy(closed)
      connection.close()
    },
  }
}

async function prepareBucket({ call, bucket }: S3Connection) {
  if (await call((client) => client.bucketExists(bucket))) return
  try {
    await call((client) => client.makeBucket(bucket))
  } catch (error) {
    // Another replica may have been first.
    if (!(await call((client) => client.bucketExists(bucket)))) throw error
  }
}

async function sizeOfBlob(connection: S3Connection, key: BlobKey): Promise<number> {
  const size = await sizeOfObject(connection, blobName(key))
  if (size === undefined) throw new BlobMissing(key)
  return size
}

async function readBlob(
  connection: S3Connection,
  key: BlobKey,
  { range, signal }: ReadBlobOptions,
): Promise<BlobContent> {
  const { call, bucket, folder, idleTimeoutMs } = connection
  if (range?.end !== undefined && range.end <= range.start) return await nothingOf(connection, key)
  try {
    const answer = (await call(
      (client) =>
        client.getPartialObject(bucket, folder + blobName(key), ...offsetAndLength(range)),
      signal,
    )) as IncomingMessage
    return { stream: streamOf(answer, idleTimeoutMs, signal), sizeBytes: sizeIn(answer) }
  } catch (error) {
    if (isRangeUnsatisfiable(error)) return await nothingOf(connection, key)
    if (isAbsent(error)) throw new BlobMissing(key, { cause: error })
    throw error
  }
}

const nothingOf = async (connection: S3Connection, key: BlobKey): Promise<BlobContent> => ({
  stream: Readable.from([]),
  sizeBytes: await sizeOfBlob(connection, key),
})

/** As the client takes it: no length is up to the end. */
function offsetAndLength(range: ByteRange = { start: 0 }): [number, number] {
  const { start, end } = range
  return [start, end === undefined ? 0 : end - start]
}

/** Of the whole object, from the answer to a request for all or a part of it. */
function sizeIn({ headers, statusCode }: IncomingMessage): number {
  const whole = statusCode === 206 ? headers['content-range']?.split('/')[1] : undefined
  return Number(whole ?? headers['content-length'])
}

async function* listBlobs(
  connection: S3Connection,
  { prefix, after }: ListBlobsOptions = {},
): AsyncGenerator<BlobEntry> {
  const behind = after === undefined ? '' : blobName(after)
  for await (const object of listObjects(connection, blobsBelow(prefix), behind)) {
    const key = blobAt(object.name)
    if (key) yield { key, storedBytes: object.sizeBytes, modifiedAt: object.modifiedAt }
  }
}

async function* listStages(deps: StagesDeps): AsyncGenerator<StagedEntry> {
  for await (const { name, modifiedAt } of listObjects(deps.connection, stagesBelow)) {
    const stage = stageAt(name)
    if (stage)
      yield { ...stage, modifiedAt, drop: () => dropStage(deps.connection, stage.key, name) }
  }
}
