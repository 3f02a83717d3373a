import { open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  type AppendOptions,
  type BlobSource,
  checkpointBytes,
  noteBytesMax,
  StageMissing,
  StageOffsetMismatch,
} from '../port.ts'
import { untilAborted } from '../source.ts'
import { errorCode, ifPresent, storeFailure } from './failure.ts'
import { createGatheringWriter, syncFolder, withFolder } from './files.ts'

/**
 * A stage is a file that only grows, so that its size tells how much of it is kept: file systems
 * write the data before the size that covers it. Where a note is kept beside it, that says the
 * offset that it belongs to, and what the file has beyond is of an append that was cut off.
 */
export interface StagePlace {
  readonly file: string
  /** Where the blob will lie. */
  readonly blob: string
}

const offsetFieldBytes = 8

/** A new, empty stage in place of whatever is there. */
export async function createStageFile(place: StagePlace, { isDurable }: { isDurable: boolean }) {
  const folder = dirname(place.file)
  const file = await withFolder(folder, () => open(place.file, 'w'))
  await file.close()
  if (isDurable) await syncFolder(folder)
}

interface Kept {
  readonly offsetBytes: number
  readonly note?: Uint8Array
}

/** What is kept of a stage. Throws StageMissing. */
export async function keptState(place: StagePlace): Promise<Kept> {
  const file = await ifPresent(stat(place.file))
  if (!file) throw new StageMissing('There is no such stage')
  const kept = await ifPresent(readFile(noteOf(place.file)))
  if (!kept) return { offsetBytes: file.size }
  return {
    offsetBytes: Number(kept.readBigUInt64BE()),
    note: kept.subarray(offsetFieldBytes),
  }
}

export async function appendTo(
  place: StagePlace,
  offsetBytes: number,
  source: BlobSource,
  options: AppendOptions,
): Promise<number> {
  const { offsetBytes: keptBytes } = await keptState(place)
  if (keptBytes !== offsetBytes) throw new StageOffsetMismatch(keptBytes)
  if (!options.note) await removeNote(place.file)
  const file = await open(place.file, 'r+')
  try {
    await file.truncate(keptBytes)
    return await writeChunks(place, file, keptBytes, source, options)
  } finally {
    await file.close()
  }
}

async function writeChunks(
  place: StagePlace,
  file: FileHandle,
  startBytes: number,
  source: BlobSource,
  { signal, note, onTaken }: AppendOptions,
): Promise<number> {
  const writer = createGatheringWriter(file, startBytes, onTaken)
  let keptBytes = startBytes
  const keep = async () => {
    const noted = note?.() // before the next chunk is asked for: it tells of the last one
    await writer.flush()
    if (noted) await keepNote(place, writer.positionBytes, noted)
    keptBytes = writer.positionBytes
  }
  try {
    try {
      for await (const chunk of untilAborted(source, signal)) {
        await writer.add(chunk)
        if (note && writer.positionBytes - keptBytes >= checkpointBytes) await keep()
      }
    } finally {
      await keep() // what came before the source failed is kept as well
    }
  } catch (error) {
    if (['ENOSPC', 'EDQUOT'].includes(errorCode(error))) await file.truncate(keptBytes)
    throw error
  }
  return keptBytes
}

async function keepNote(place: StagePlace, offsetBytes: number, note: Uint8Array) {
  if (note.length > noteBytesMax) throw new RangeError(`A note of ${note.length} bytes`)
  const field = Buffer.alloc(offsetFieldBytes)
  field.writeBigUInt64BE(BigInt(offsetBytes))
  const draft = draftOf(place.file)
  const folder = dirname(draft)
  const file = await open(draft, 'w')
  try {
    await file.writev([field, note])
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(draft, noteOf(place.file))
  await syncFolder(folder)
}

async function removeNote(file: string) {
  await rm(noteOf(file), { force: true })
  await rm(draftOf(file), { force: true })
}

const noteOf = (file: string) => `${file}.note`

/** A note is replaced in one instant. */
const draftOf = (file: string) => `${noteOf(file)}-draft`

/** Also where there is none. */
export async function dropStage(file: string) {
  try {
    await rm(file, { force: true })
    await removeNote(file)
  } catch (error) {
    throw storeFailure(error)
  }
}

/** Throws StageMissing. */
export async function commitStage(place: StagePlace): Promise<number> {
  const kept = await keptState(place)
  if (kept.note) {
    const file = await open(place.file, 'r+')
    try {
      await file.truncate(kept.offsetBytes)
      await file.datasync()
    } finally {
      await file.close()
    }
  }
  const folder = dirname(place.blob)
  await withFolder(folder, () => rename(place.file, place.blob))
  await syncFolder(folder)
  if (kept.note) await removeNote(place.file)
  return kept.offsetBytes
}
