import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isAbsent } from './failure.ts'

/** A write is worth its call from here on. */
const writtenBytesMin = 1024 * 1024

/** As much again may be under way: the memory of an append. What one writes more waits for it. */
export const gatheredBytesMax = 4 * 1024 * 1024

/** Small chunks are written together, up to what systems take in one call. */
const gatheredChunksMax = 1_000

/** How much may wait for the disk before it is asked to store it, beside the writing. */
const syncedAfterBytes = 8 * 1024 * 1024

export interface GatheringWriter {
  /** Takes a chunk as its own; resolves when there is room for the next. */
  add(chunk: Uint8Array): Promise<void>
  /** Until everything that was added is durable. */
  flush(): Promise<void>
  /** Where the next chunk will lie. */
  readonly positionBytes: number
}

/**
 * Writes in calls of 1 MiB and more, one under way while the next is gathered: a disk, or a
 * system, that is slow to answer gets fewer and larger ones. It stores what came before meanwhile:
 * the flush at the end of a large upload then waits for a few megabytes, not for all of them, and
 * the system's cache does not fill up.
 */
export function createGatheringWriter(
  file: FileHandle,
  startBytes: number,
  onWritten: (chunk: Uint8Array) => void = () => {},
): GatheringWriter {
  let gathered: Uint8Array[] = []
  let gatheredBytes = 0
  let position = startBytes
  let underWay: Promise<void> | undefined
  let unsynced = 0
  let syncing: Promise<void> | undefined

  const sync = async () => {
    unsynced = 0
    await file.datasync()
    syncing = undefined // a failed one stays, for the flush to meet
  }
  const write = async () => {
    const chunks = gathered
    const at = position - gatheredBytes
    gathered = []
    gatheredBytes = 0
    unsynced += await writeAll(file, chunks, at)
    chunks.forEach(onWritten)
    underWay = undefined // a failed one stays, for all that come after it
    if (unsynced >= syncedAfterBytes && !syncing) {
      syncing = sync()
      syncing.catch(() => {})
    }
    if (isWorthIt()) begin()
  }
  const isWorthIt = () => gatheredBytes >= writtenBytesMin || gathered.length >= gatheredChunksMax
  const begin = () => {
    underWay = write()
    underWay.catch(() => {}) // told to the next that waits for it
  }
  return {
    async add(chunk) {
      if (chunk.length === 0) return
      gathered.push(chunk)
      gatheredBytes += chunk.length
      position += chunk.length
      if (!isWorthIt()) return
      if (!underWay) begin()
      else if (gatheredBytes >= gatheredBytesMax || gathered.length >= gatheredChunksMax) {
        await underWay
      }
    },
    async flush() {
      await underWay
      await underWay // which that one began, at most one: nothing is added any more
      if (gatheredBytes > 0) await write()
      await syncing
      await file.datasync()
    },
    get positionBytes() {
      return position
    },
  }
}

async function writeAll(
  file: FileHandle,
  chunks: readonly Uint8Array[],
  at: number,
): Promise<number> {
  const { bytesWritten } = await file.writev(chunks, at)
  const all = chunks.reduce((sum, { length }) => sum + length, 0)
  // A file system may take less than it was given, which is how a full one begins.
  if (bytesWritten < all) {
    const rest = Buffer.concat(chunks).subarray(bytesWritten)
    await writeAll(file, [rest], at + bytesWritten)
  }
  return all
}

/** Makes what was created in, renamed into or removed from a folder survive a loss of power. */
export async function syncFolder(folder: string) {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Creates a folder and those above it, durably. */
export async function makeFolder(folder: string) {
  const topmost = await mkdir(folder, { recursive: true })
  if (topmost === undefined) return
  for (let made = folder; made.length >= topmost.length; made = dirname(made)) {
    await syncFolder(dirname(made))
  }
}

/** Tries what needs the folder, and once more after creating it: it is made when first needed. */
export async function withFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt < folderAttemptsMax; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isAbsent(error)) throw error
      await makeFolder(folder)
    }
  }
  return await work()
}

/** A removal may take an empty folder away again in between. */
const folderAttemptsMax = 4
