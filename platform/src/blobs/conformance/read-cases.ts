import { describe, expect, it } from 'vitest'
import { BlobMissing } from '../port.ts'
import { type Bench, get, isSame, newKey, noise, put, text } from './bench.ts'

const size = 700_001

export function readCases(bench: Bench) {
  describe('reading', () => {
    it('gives any range, cut to the size of the blob, and the size of the whole', async () => {
      for (const bytes of [noise(size), text(size)]) {
        const key = newKey()
        await put(bench.store, key, bytes)
        for (const [start, end] of ranges) {
          const { stream, sizeBytes } = await bench.store.read(key, {
            range: end === undefined ? { start } : { start, end },
          })
          const given = Buffer.concat((await stream.toArray()) as Buffer[])
          expect(isSame(given, bytes.subarray(start, end)), `${start} to ${end}`).toBe(true)
          expect(sizeBytes).toBe(size)
        }
      }
    })

    it('gives nothing of an empty blob, whatever the range', async () => {
      const key = newKey()
      await put(bench.store, key, Buffer.alloc(0))
      expect(await get(bench.store, key)).toHaveLength(0)
      expect(await get(bench.store, key, { start: 0, end: 5 })).toHaveLength(0)
    })

    it('says of a key without a blob that it is missing', async () => {
      const key = newKey()
      await expect(bench.store.read(key)).rejects.toMatchObject({ name: 'BlobMissing', key })
      await expect(bench.store.read(key, { range: { start: 1, end: 2 } })).rejects.toThrow(
        BlobMissing,
      )
      await expect(bench.store.head(key)).rejects.toThrow(BlobMissing)
    })

    it('reads one blob many times at once', async () => {
      const key = newKey()
      const bytes = noise(size)
      await put(bench.store, key, bytes)
      const reads = await Promise.all(Array.from({ length: 12 }, () => get(bench.store, key)))
      expect(reads.every((read) => isSame(read, bytes))).toBe(true)
    })

    it('never ends a read early because the blob is removed meanwhile', async () => {
      const key = newKey()
      const bytes = noise(9_000_000)
      await put(bench.store, key, bytes)
      const { stream } = await bench.store.read(key)
      const iterator = stream[Symbol.asyncIterator]()
      const first = (await iterator.next()) as IteratorResult<Buffer>
      await bench.store.remove(key)
      const rest = await Array.fromAsync({ [Symbol.asyncIterator]: () => iterator }).catch(
        (error: unknown) => error,
      )
      if (!(rest instanceof Error)) {
        const read = Buffer.concat([first.value as Buffer, ...(rest as Buffer[])])
        expect(isSame(read, bytes)).toBe(true)
      }
      await expect(bench.store.head(key)).rejects.toThrow(BlobMissing)
    })

    it('ends a read by its signal', async () => {
      const key = newKey()
      await put(bench.store, key, noise(9_000_000))
      const given = new AbortController()
      const { stream } = await bench.store.read(key, { signal: given.signal })
      given.abort()
      await expect(stream.toArray()).rejects.toMatchObject({ name: 'AbortError' })
      expect(stream.destroyed).toBe(true)
    })

    it('can be left in the middle', async () => {
      const key = newKey()
      await put(bench.store, key, noise(9_000_000))
      const { stream } = await bench.store.read(key)
      for await (const chunk of stream) {
        expect(chunk).toBeInstanceOf(Uint8Array)
        break
      }
      expect(stream.destroyed).toBe(true)
    })
  })
}

const ranges: readonly (readonly [number, number?])[] = [
  [0],
  [0, 1],
  [0, 0],
  [1, 2],
  [0, size],
  [size - 1, size],
  [size - 1],
  [size, size + 1],
  [size + 100],
  [0, size * 2],
  [65_535, 65_537],
  [131_071, 131_073],
  [131_072, 262_144],
  [131_072, 262_145],
  [100_000, 600_000],
  [262_143],
  [655_360],
]
