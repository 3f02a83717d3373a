import { randomBytes } from 'node:crypto'
import {
  type AppendOptions,
  type BlobKey,
  type BlobSource,
  type Stage,
  StageMissing,
  StageOffsetMismatch,
} from '../port.ts'
import type { DataKeys } from './data-keys.ts'
import { packIndex, type Seal, sealerFor, tenantOf } from './frame-index.ts'
import { createFrameWriter, frameBytes } from './frames.ts'
import type { Sealer } from './sealer.ts'
import {
  innerOffsetOf,
  packSealedState,
  type SealedState,
  sizeOf,
  unpackSealedState,
} from './stage-state.ts'

export interface SealedStageDeps {
  readonly keys: DataKeys | undefined
  readonly compress: boolean
  /** The size of the blob, once it is committed. */
  readonly sizeOfBlob: (key: BlobKey) => Promise<number>
}

const blobIdBytes = 16

/**
 * A stage that seals what it is given, frame by frame. What is too small for a frame as yet, and
 * how large the frames became, is the note of the stage inside where that is resumable, else it is
 * known here alone.
 */
export async function openSealedStage(
  deps: SealedStageDeps,
  key: BlobKey,
  inner: Stage,
  isResumable: boolean,
): Promise<Stage> {
  const sealerOf = (seal: Seal) => sealerFor(deps.keys, key, seal)
  let known: SealedState | undefined
  let committedBytes: number | undefined

  const begin = async (): Promise<SealedState> => {
    const blobId = randomBytes(blobIdBytes).toString('hex')
    const dataKey = await deps.keys?.current(tenantOf(key))
    const seal = { blobId, ...(dataKey ? { dataKeyId: dataKey.id } : {}) }
    return { seal, storedBytes: [], tail: Buffer.alloc(0) }
  }
  const load = async (): Promise<SealedState> => {
    if (!isResumable) return (known ??= await begin())
    const note = await inner.note()
    if (!note) return await begin()
    return await unpackSealedState(Buffer.from(note), sealerOf)
  }
  /** Writes on the stage inside, and keeps the state that `change` has reached together with it. */
  const write = async (
    state: SealedState,
    change: (sealer: Sealer, from: SealedState) => Sealing,
    signal?: AbortSignal,
  ) => {
    const sealer = await sealerOf(state.seal)
    const sealing = change(sealer, state)
    const options: AppendOptions = {
      ...(signal ? { signal } : {}),
      ...(isResumable ? { note: () => packSealedState(sealer, sealing.state()) } : {}),
    }
    try {
      await inner.append(innerOffsetOf(state), sealing.source, options)
    } finally {
      if (!isResumable) known = sealing.state()
    }
    return sealing.state()
  }
  if (isResumable) await keepFirstState(inner, async () => await write(await begin(), sealNothing))
  return {
    key,
    offsetBytes: async () => sizeOf(await load()),
    note: async () => (await load()).note,
    async append(offsetBytes, source, { signal, note } = {}) {
      const state = await load()
      if (state.completeBytes !== undefined)
        throw new StageMissing(`The stage of ${key} was committed`)
      if (sizeOf(state) !== offsetBytes) throw new StageOffsetMismatch(sizeOf(state))
      const { compress } = deps
      const change = (sealer: Sealer) => sealChunks(sealer, state, source, { compress, note })
      return sizeOf(await write(state, change, signal))
    },
    async commit() {
      if (committedBytes !== undefined) return committedBytes
      const state = await loadOrCommitted(load, deps, key, inner)
      if (typeof state === 'number') return state
      if (state.completeBytes === undefined) {
        await write(state, (sealer) => sealEnd(sealer, state, deps))
      }
      await inner.commit()
      committedBytes = await deps.sizeOfBlob(key)
      return committedBytes
    },
    abort: () => inner.abort(),
  }
}

/**
 * A stage without a note is as long as what was written to it. One whose first append is cut off
 * has to have a note before it, which says that nothing of it counts.
 */
async function keepFirstState(inner: Stage, keep: () => Promise<unknown>) {
  try {
    if ((await inner.note()) === undefined) await keep()
  } catch (error) {
    if (!(error instanceof StageMissing)) throw error // it was committed before
  }
}

/** The state, or the size of what was committed before. */
async function loadOrCommitted(
  load: () => Promise<SealedState>,
  deps: SealedStageDeps,
  key: BlobKey,
  inner: Stage,
) {
  try {
    return await load()
  } catch (error) {
    if (!(error instanceof StageMissing)) throw error
    await inner.commit() // throws where there is no blob either
    return await deps.sizeOfBlob(key)
  }
}

/** What is written to the stage inside, and what is known after each chunk of it. */
interface Sealing {
  readonly source: BlobSource
  state(): SealedState
}

interface SealChunksOptions {
  readonly compress: boolean
  readonly note: AppendOptions['note'] | undefined
}

/**
 * Gives the frames of one chunk together, so that between two chunks everything of the first is
 * either in a frame or in the tail, as the caller's note says.
 */
function sealChunks(
  sealer: Sealer,
  begun: SealedState,
  source: BlobSource,
  { compress, note }: SealChunksOptions,
): Sealing {
  const writer = createFrameWriter(sealer, { compress })
  const storedBytes = [...begun.storedBytes]
  let tail = [begun.tail]
  let tailBytes = begun.tail.length

  const take = (chunk: Uint8Array): Buffer[] => {
    tail.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    tailBytes += chunk.length
    if (tailBytes < frameBytes) return []
    const all = Buffer.concat(tail)
    const whole = all.length - (all.length % frameBytes)
    const frames: Buffer[] = []
    for (let at = 0; at < whole; at += frameBytes) {
      const frame = writer.pack(storedBytes.length, all.subarray(at, at + frameBytes))
      storedBytes.push(frame.length)
      frames.push(frame)
    }
    tail = [Buffer.from(all.subarray(whole))] // a copy: the rest of the frames can go
    tailBytes = all.length - whole
    return frames
  }
  async function* sealed() {
    for await (const chunk of source) {
      const whole = take(chunk)
      if (whole.length > 0) yield Buffer.concat(whole)
    }
  }
  return {
    source: sealed(),
    state: () => {
      const noted = note?.()
      return {
        seal: begun.seal,
        storedBytes,
        tail: Buffer.concat(tail),
        ...(noted ? { note: noted } : {}),
      }
    },
  }
}

/** The last frame, which may be short, and the index. */
function sealEnd(sealer: Sealer, begun: SealedState, { compress }: SealedStageDeps): Sealing {
  const writer = createFrameWriter(sealer, { compress })
  const { seal, tail, note } = begun
  const last = tail.length > 0 ? [writer.pack(begun.storedBytes.length, tail)] : []
  const storedBytes = [...begun.storedBytes, ...last.map(({ length }) => length)]
  const index = packIndex(sealer, seal, {
    sizeBytes: sizeOf(begun),
    storedBytes: Uint32Array.from(storedBytes),
  })
  return {
    source: [...last, index],
    state: () => ({
      seal,
      storedBytes,
      tail: Buffer.alloc(0),
      completeBytes: sizeOf(begun),
      ...(note ? { note } : {}),
    }),
  }
}

const sealNothing = (_sealer: Sealer, state: SealedState): Sealing => ({
  source: [],
  state: () => state,
})
