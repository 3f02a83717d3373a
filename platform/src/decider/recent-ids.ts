/**
 * The ids of a stream's last events, to recognise a repeated command without a read. Of each only
 * 48 bits are kept, which is enough to know where to look: what is found there is compared in full.
 * Never changed: more ids make another list, which shares most of this one.
 */
export interface RecentIds {
  readonly length: number
  /** Where it may be, from the oldest that is kept; -1 where it is not. */
  indexOf(id: string): number
  with(more: readonly string[]): RecentIds
}

const chunkLength = 1_024

/** Of events: what one owner does in years, or a purge of everything in one go. */
export const idsKeptMaxDefault = 64 * chunkLength

/** None yet, and so many at most: at least a thousand. */
export const noIds = (keptMax: number): RecentIds =>
  recentIds([], new Float64Array(), Math.max(1, Math.floor(keptMax / chunkLength) - 1))

function recentIds(
  chunks: readonly Float64Array[],
  last: Float64Array,
  chunksMax: number,
): RecentIds {
  const length = chunks.length * chunkLength + last.length
  return {
    length,
    indexOf(id) {
      const bits = bitsOf(id)
      const inLast = last.lastIndexOf(bits) // where a repeat is most often
      if (inLast !== -1) return length - last.length + inLast
      for (let at = chunks.length - 1; at >= 0; at -= 1) {
        const found = chunks[at]?.lastIndexOf(bits) ?? -1
        if (found !== -1) return at * chunkLength + found
      }
      return -1
    },
    with(more) {
      const joined = new Float64Array(last.length + more.length)
      joined.set(last)
      for (const [index, id] of more.entries()) joined[last.length + index] = bitsOf(id)
      const full = Math.floor(joined.length / chunkLength)
      if (full === 0) return recentIds(chunks, joined, chunksMax)
      const filled = Array.from({ length: full }, (_, at) =>
        joined.slice(at * chunkLength, (at + 1) * chunkLength),
      )
      const kept = [...chunks, ...filled].slice(-chunksMax)
      return recentIds(kept, joined.slice(full * chunkLength), chunksMax)
    },
  }
}

/** The first twelve hex digits of a UUID: those after them name its version. */
const bitsOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
