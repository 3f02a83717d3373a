import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { type AppendOptions, type BlobKey, type Stage, StageBusy, StageMissing } from '../port.ts'
import { ifPresent, storeFailure } from './failure.ts'
import type { Layout } from './layout.ts'
import {
  appendTo,
  commitStage,
  createStageFile,
  dropStage,
  keptState,
  type StagePlace,
} from './stage-file.ts'

/** What the stages of a store have in common. */
export interface StagesDeps {
  readonly layout: Layout
  /** The files of the stages that something is done with just now. */
  readonly busy: Set<string>
  /** Raised when the store is closed. */
  readonly closing: AbortSignal
}

const writerBytes = 8

/** Creates the file where there is neither that nor the blob. */
export async function openResumableStage(deps: StagesDeps, key: BlobKey): Promise<Stage> {
  const place = { file: deps.layout.stage(key), blob: deps.layout.blob(key) }
  try {
    // The stage before the blob: a commit meanwhile moves it from the one to the other.
    const isThere = (await isFile(place.file)) || (await isFile(place.blob))
    if (!isThere) await createStageFile(place, { isDurable: true })
  } catch (error) {
    throw storeFailure(error)
  }
  const stage = createStage(deps, key, place)
  return {
    ...stage,
    async commit() {
      try {
        return await stage.commit()
      } catch (error) {
        const blob = error instanceof StageMissing && (await ifPresent(stat(place.blob)))
        if (blob) return blob.size
        throw error
      }
    },
  }
}

/** One whose file no other writer knows, created when it is first needed. */
export function createOneWriterStage(deps: StagesDeps, key: BlobKey): Stage {
  const writer = randomBytes(writerBytes).toString('hex')
  const place = { file: deps.layout.stage(key, writer), blob: deps.layout.blob(key) }
  const stage = createStage(deps, key, place)
  let isBegun = false
  let committedBytes: number | undefined

  const begin = async () => {
    if (isBegun) return
    isBegun = true
    try {
      await createStageFile(place, { isDurable: false })
    } catch (error) {
      throw storeFailure(error)
    }
  }
  return {
    key,
    offsetBytes: async () => (isBegun ? await stage.offsetBytes() : 0),
    note: async () => (isBegun ? await stage.note() : undefined),
    async append(offsetBytes, source, options) {
      await begin()
      return await stage.append(offsetBytes, source, options)
    },
    async commit() {
      await begin()
      committedBytes ??= await stage.commit()
      return committedBytes
    },
    async abort() {
      isBegun = true
      await stage.abort()
    },
  }
}

function createStage(deps: StagesDeps, key: BlobKey, place: StagePlace): Stage {
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (deps.busy.has(place.file)) throw new StageBusy(`Stage ${key} is written to`)
    deps.busy.add(place.file)
    try {
      return await work()
    } catch (error) {
      throw storeFailure(error)
    } finally {
      deps.busy.delete(place.file)
    }
  }
  return {
    key,
    offsetBytes: async () => (await keptState(place)).offsetBytes,
    note: async () => (await keptState(place)).note,
    append: (offsetBytes, source, options = {}) =>
      alone(() => appendTo(place, offsetBytes, source, withClosing(options, deps.closing))),
    commit: () => alone(() => commitStage(place)),
    abort: () => alone(() => dropStage(place.file)),
  }
}

const withClosing = (options: AppendOptions, closing: AbortSignal): AppendOptions => ({
  ...options,
  signal: options.signal ? AbortSignal.any([options.signal, closing]) : closing,
})

const isFile = async (path: string) => (await ifPresent(stat(path))) !== undefined
