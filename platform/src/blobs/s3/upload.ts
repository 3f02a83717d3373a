import {
  type AppendOptions,
  type BlobSource,
  checkpointBytes,
  StageMissing,
  StageOffsetMismatch,
} from '../port.ts'
import { untilAborted } from '../source.ts'
import type { S3Connection } from './connection.ts'
import { isUploadGone } from './failure.ts'
import { putObject, sizeOfObject } from './objects.ts'
import { offsetOf, partBytes, type StageState } from './stage-state.ts'

/** The names of the objects that a stage is about. */
export interface StagePlace {
  readonly blob: string
  readonly state: string
}

export interface BegunStage {
  readonly connection: S3Connection
  readonly place: StagePlace
  readonly state: StageState
  /** Makes a state durable. */
  keep(state: StageState): Promise<void>
}

/**
 * Sends a source in parts of one size, one under way while the next is gathered, and resolves with
 * the state at its end, which is kept as well. Also keeps it, and throws on, when the source fails.
 */
export async function appendTo(
  stage: BegunStage,
  offsetBytes: number,
  source: BlobSource,
  { signal, note }: AppendOptions,
): Promise<StageState> {
  const sender = createSender(stage)
  if (offsetOf(stage.state) !== offsetBytes) throw new StageOffsetMismatch(offsetOf(stage.state))
  let keptBytes = offsetBytes
  let state = stage.state
  const keep = async () => {
    const noted = note?.() // before the next chunk is asked for: it tells of the last one
    state = { ...(await sender.flush()), ...(noted ? { note: noted } : {}) }
    await stage.keep(state)
    keptBytes = offsetOf(state)
  }
  try {
    for await (const chunk of untilAborted(source, signal)) {
      await sender.add(chunk)
      if (sender.offsetBytes - keptBytes >= checkpointBytes) await keep()
    }
  } finally {
    await keep() // what came before the source failed is kept as well
  }
  return state
}

function createSender({ connection, place, keep, state }: BegunStage) {
  const { call, bucket, folder } = connection
  const etags = [...state.etags]
  let gathered: Buffer[] = [state.tail]
  let gatheredBytes = state.tail.length
  let { uploadId } = state
  let underWay = Promise.resolve()

  const sendPart = async (body: Buffer) => {
    if (uploadId === undefined) {
      const begun = await call((client) =>
        client.initiateNewMultipartUpload(bucket, folder + place.blob, { ...partHeaders }),
      )
      uploadId = begun
      await keep({ ...state, uploadId: begun }) // before there is anything to be dropped
    }
    etags.push(await uploadPart(connection, place, { uploadId, number: etags.length + 1, body }))
  }
  const stateNow = (): StageState => ({
    ...(uploadId === undefined ? {} : { uploadId }),
    etags: [...etags],
    tail: Buffer.concat(gathered),
  })
  return {
    get offsetBytes() {
      return etags.length * partBytes + gatheredBytes
    },
    async add(chunk: Uint8Array) {
      gathered.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      gatheredBytes += chunk.length
      while (gatheredBytes >= partBytes) {
        await underWay
        const all = Buffer.concat(gathered)
        gathered = [all.subarray(partBytes)]
        gatheredBytes = all.length - partBytes
        underWay = sendPart(all.subarray(0, partBytes))
        underWay.catch(() => {}) // told to the next that waits for it
      }
    },
    async flush(): Promise<StageState> {
      await underWay
      return stateNow()
    },
  }
}

const partHeaders = { 'content-type': 'application/octet-stream' }

interface Part {
  readonly uploadId: string
  readonly number: number
  readonly body: Buffer
}

/** Resolves with its ETag. A part that was sent before is replaced. */
async function uploadPart(connection: S3Connection, place: StagePlace, part: Part) {
  const { call, bucket, folder } = connection
  try {
    const { etag } = await call((client) =>
      client.uploadPart(
        {
          bucketName: bucket,
          objectName: folder + place.blob,
          uploadID: part.uploadId,
          partNumber: part.number,
          headers: { ...partHeaders },
        },
        part.body,
      ),
    )
    return etag
  } catch (error) {
    if (isUploadGone(error)) throw new StageMissing('The upload has ended', { cause: error })
    throw error
  }
}

/** Makes the blob of a stage. A repeat finds what the first one made. */
export async function completeUpload(
  connection: S3Connection,
  place: StagePlace,
  state: StageState,
): Promise<number> {
  const sizeBytes = offsetOf(state)
  const { uploadId, tail } = state
  if (uploadId === undefined) {
    await putObject(connection, place.blob, tail)
  } else {
    try {
      await joinParts(connection, place, { ...state, uploadId })
    } catch (error) {
      const isGone = isUploadGone(error) || isUploadGone(causeOf(error))
      const isMade = isGone && (await sizeOfObject(connection, place.blob)) === sizeBytes
      if (!isMade) throw error
    }
  }
  return sizeBytes
}

async function joinParts(
  connection: S3Connection,
  place: StagePlace,
  { uploadId, etags, tail }: StageState & { readonly uploadId: string },
) {
  const { call, bucket, folder } = connection
  const all = [...etags]
  if (tail.length > 0) {
    const number = etags.length + 1
    all.push(await uploadPart(connection, place, { uploadId, number, body: tail }))
  }
  await call((client) =>
    client.completeMultipartUpload(
      bucket,
      folder + place.blob,
      uploadId,
      all.map((etag, index) => ({ part: index + 1, etag })),
    ),
  )
}

/** Ends an upload and gives its room back. Also where it has ended. */
export async function dropUpload(
  { call, bucket, folder }: S3Connection,
  blob: string,
  { uploadId }: StageState,
) {
  if (uploadId === undefined) return
  try {
    await call((client) => client.abortMultipartUpload(bucket, folder + blob, uploadId))
  } catch (error) {
    if (!isUploadGone(error)) throw error
  }
}

const causeOf = (error: unknown) => (error instanceof Error ? error.cause : undefined)
