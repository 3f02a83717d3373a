import { randomBytes } from 'node:crypto'
import { type AppendOptions, type BlobKey, type Stage, StageBusy, StageMissing } from '../port.ts'
import { appendTo, completeUpload, dropUpload, type StagePlace } from './upload.ts'
import type { S3Connection } from './connection.ts'
import { getObject, putObject, removeObject, sizeOfObject } from './objects.ts'
import {
  blobName,
  newState,
  offsetOf,
  packState,
  type StageState,
  stateName,
  unpackState,
} from './stage-state.ts'

/** What the stages of a store have in common. */
export interface StagesDeps {
  readonly connection: S3Connection
  /** The states of the stages that something is done with just now. */
  readonly busy: Set<string>
  /** Raised when the store is closed. */
  readonly closing: AbortSignal
}

const writerBytes = 8

/** Keeps a first state where there is neither that nor the blob. */
export async function openResumableStage(deps: StagesDeps, key: BlobKey): Promise<Stage> {
  const { connection } = deps
  const place = { blob: blobName(key), state: stateName(key) }
  // The state before the blob: a commit meanwhile completes the one before it removes the other.
  const isThere =
    (await sizeOfObject(connection, place.state)) !== undefined ||
    (await sizeOfObject(connection, place.blob)) !== undefined
  if (!isThere) await putObject(connection, place.state, packState(newState))

  const alone = createLock(deps, place)
  const load = async () => {
    const packed = await getObject(connection, place.state)
    if (!packed) throw new StageMissing(`There is no stage of ${key}`)
    return unpackState(packed)
  }
  return {
    key,
    offsetBytes: async () => offsetOf(await load()),
    note: async () => (await load()).note,
    append: (offsetBytes, source, options) =>
      alone(async () => {
        const keep = async (state: StageState) => {
          await putObject(connection, place.state, packState(state))
        }
        const begun = { connection, place, keep, state: await load() }
        return offsetOf(await appendTo(begun, offsetBytes, source, withClosing(deps, options)))
      }),
    commit: () =>
      alone(async () => {
        const packed = await getObject(connection, place.state)
        if (packed) {
          const sizeBytes = await completeUpload(connection, place, unpackState(packed))
          await removeObject(connection, place.state)
          return sizeBytes
        }
        const committedBytes = await sizeOfObject(connection, place.blob)
        if (committedBytes === undefined) throw new StageMissing(`There is no stage of ${key}`)
        return committedBytes
      }),
    abort: () => alone(() => dropStage(connection, key, place.state)),
  }
}

/**
 * One whose state no other writer knows. Small blobs are sent with the commit, in one call; larger
 * ones leave a state behind which tells that there is something to be dropped after a crash.
 */
export function createOneWriterStage(deps: StagesDeps, key: BlobKey): Stage {
  const { connection } = deps
  const writer = randomBytes(writerBytes).toString('hex')
  const place = { blob: blobName(key), state: stateName(key, writer) }
  const alone = createLock(deps, place)
  let state: StageState | undefined = newState
  let committedBytes: number | undefined

  const begun = () => {
    if (!state) throw new StageMissing(`There is no stage of ${key}`)
    return state
  }
  const keep = async ({ etags, uploadId }: StageState) => {
    const told = { ...newState, etags, ...(uploadId === undefined ? {} : { uploadId }) }
    if (uploadId !== undefined) await putObject(connection, place.state, packState(told))
  }
  return {
    key,
    offsetBytes: async () => offsetOf(begun()),
    note: async () => begun().note,
    append: (offsetBytes, source, options) =>
      alone(async () => {
        const from = { connection, place, keep, state: begun() }
        state = await appendTo(from, offsetBytes, source, withClosing(deps, options))
        return offsetOf(state)
      }),
    commit: () =>
      alone(async () => {
        if (committedBytes !== undefined) return committedBytes
        const { uploadId } = begun()
        committedBytes = await completeUpload(connection, place, begun())
        state = undefined
        if (uploadId !== undefined) await removeObject(connection, place.state)
        return committedBytes
      }),
    abort: () =>
      alone(async () => {
        const aborted = state
        state = undefined
        if (aborted) await dropStage(connection, key, place.state)
      }),
  }
}

/** Drops a stage by its state. Also where there is none. */
export async function dropStage(connection: S3Connection, key: BlobKey, stateObject: string) {
  const packed = await getObject(connection, stateObject)
  if (!packed) return
  await dropUpload(connection, blobName(key), unpackState(packed))
  await removeObject(connection, stateObject)
}

function createLock({ busy }: StagesDeps, { state, blob }: StagePlace) {
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (busy.has(state)) throw new StageBusy(`The stage of ${blob} is written to`)
    busy.add(state)
    try {
      return await work()
    } finally {
      busy.delete(state)
    }
  }
}

const withClosing = ({ closing }: StagesDeps, options: AppendOptions = {}): AppendOptions => ({
  ...options,
  signal: options.signal ? AbortSignal.any([options.signal, closing]) : closing,
})
