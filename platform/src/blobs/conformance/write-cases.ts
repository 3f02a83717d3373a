import { describe, expect, it } from 'vitest'
import { BlobMissing, StageBusy, StageMissing, StageOffsetMismatch } from '../port.ts'
import { writeBlob } from '../write-blob.ts'
import { type Bench, chunksOf, get, isSame, newKey, noise, put, text } from './bench.ts'

const kibibyte = 1024
const sizes = [0, 1, 64 * kibibyte - 1, 64 * kibibyte, 64 * kibibyte + 1, 1024 * kibibyte + 1]

export function writeCases(bench: Bench) {
  describe('writing', () => {
    it('gives back what was written, of any size', async () => {
      for (const size of [...sizes, ...(bench.subject.boundaries ?? [])]) {
        for (const bytes of [noise(size), text(size)]) {
          const key = newKey()
          const stage = await bench.store.stage(key)
          expect(await stage.append(0, chunksOf(bytes))).toBe(size)
          expect(await stage.commit()).toBe(size)
          expect(await bench.store.head(key)).toEqual({ sizeBytes: size })
          expect(isSame(await get(bench.store, key), bytes), `${size} bytes`).toBe(true)
        }
      }
    })

    it('shows nothing of a blob before it is committed', async () => {
      const { store } = bench
      const key = newKey()
      const stage = await store.stage(key)
      await stage.append(0, chunksOf(noise(100_000)))
      await expect(store.head(key)).rejects.toThrow(BlobMissing)
      await expect(store.read(key)).rejects.toThrow(BlobMissing)
      expect(await stage.commit()).toBe(100_000)
      expect(await store.head(key)).toEqual({ sizeBytes: 100_000 })
    })

    it('commits a stage without an append as an empty blob', async () => {
      const key = newKey()
      expect(await (await bench.store.stage(key)).commit()).toBe(0)
      expect(await get(bench.store, key)).toHaveLength(0)
    })

    it('takes chunks of any size and of any kind of source', async () => {
      const bytes = noise(50_000)
      const [byBytes, together] = [newKey(), newKey()]
      const stage = await bench.store.stage(byBytes)
      await stage.append(0, chunksOf(bytes, 7))
      await stage.commit()
      const other = await bench.store.stage(together)
      await other.append(0, [new Uint8Array(bytes), new Uint8Array(0)])
      await other.commit()
      expect(isSame(await get(bench.store, byBytes), bytes)).toBe(true)
      expect(isSame(await get(bench.store, together), bytes)).toBe(true)
    })

    it('appends one after the other, each where the last one ended', async () => {
      const bytes = noise(300_000)
      const stage = await bench.store.stage(newKey())
      expect(await stage.append(0, [bytes.subarray(0, 1)])).toBe(1)
      expect(await stage.append(1, [bytes.subarray(1, 200_000)])).toBe(200_000)
      await expect(stage.append(0, [bytes])).rejects.toThrow(StageOffsetMismatch)
      await expect(stage.append(200_001, [bytes])).rejects.toMatchObject({ offsetBytes: 200_000 })
      expect(await stage.append(200_000, [bytes.subarray(200_000)])).toBe(300_000)
      expect(await stage.commit()).toBe(300_000)
      expect(isSame(await get(bench.store, stage.key), bytes)).toBe(true)
    })

    it('repeats the answer of a commit', async () => {
      const stage = await bench.store.stage(newKey())
      await stage.append(0, chunksOf(noise(1_000)))
      expect([await stage.commit(), await stage.commit()]).toEqual([1_000, 1_000])
    })

    it('replaces what a key held by the next commit', async () => {
      const key = newKey()
      await put(bench.store, key, noise(2_000, 1))
      await put(bench.store, key, noise(1_000, 2))
      expect(isSame(await get(bench.store, key), noise(1_000, 2))).toBe(true)
    })

    it('keeps one whole blob of many that are committed under one key at once', async () => {
      const key = newKey()
      const candidates = Array.from({ length: 8 }, (_none, n) => noise(70_000 + n, n))
      const stores = await Promise.all(candidates.map(() => bench.another()))
      await Promise.allSettled(
        candidates.map(async (bytes, n) => {
          const store = stores[n] ?? bench.store
          await put(store, key, bytes)
        }),
      )
      const kept = await get(bench.store, key)
      expect(candidates.some((bytes) => isSame(bytes, kept))).toBe(true)
    })

    it('drops what was aborted, and keeps what was committed', async () => {
      const key = newKey()
      await put(bench.store, key, noise(500))
      const stage = await bench.store.stage(key)
      await stage.append(0, chunksOf(noise(1_000, 2)))
      await stage.abort()
      await stage.abort()
      expect(isSame(await get(bench.store, key), noise(500))).toBe(true)
      const staged = await Array.fromAsync(bench.store.listStaged())
      expect(staged.map((entry) => entry.key)).not.toContain(key)
    })

    it('has no second append to a stage at a time', async () => {
      const stage = await bench.store.stage(newKey(), { resumable: true })
      const { promise, resolve } = Promise.withResolvers<Uint8Array>()
      const first = stage.append(0, slowly(promise))
      const again = await bench.store.stage(stage.key, { resumable: true })
      await expect(again.append(0, [noise(1)])).rejects.toThrow(StageBusy)
      await expect(stage.commit()).rejects.toThrow(StageBusy)
      await expect(stage.abort()).rejects.toThrow(StageBusy)
      resolve(noise(3))
      expect(await first).toBe(3)
      await stage.abort()
      await expect(stage.commit()).rejects.toThrow(StageMissing)
    })

    it('throws the error of its source, and can then be aborted', async () => {
      const stage = await bench.store.stage(newKey())
      await expect(stage.append(0, failing(noise(100_000)))).rejects.toThrow('the client is gone')
      await stage.abort()
      await expect(bench.store.head(stage.key)).rejects.toThrow(BlobMissing)
    })

    it('writes in one go, and leaves nothing where the source fails', async () => {
      const [there, gone] = [newKey(), newKey()]
      expect(await writeBlob(bench.store, there, chunksOf(noise(70_000)))).toBe(70_000)
      expect(isSame(await get(bench.store, there), noise(70_000))).toBe(true)
      const attempt = writeBlob(bench.store, gone, failing(noise(20_000_000)))
      await expect(attempt).rejects.toThrow('the client is gone')
      await expect(bench.store.head(gone)).rejects.toThrow(BlobMissing)
      const staged = await Array.fromAsync(bench.store.listStaged())
      expect(staged.map(({ key }) => key)).not.toContain(gone)
    })

    it('ends an append by its signal, also where the source is silent', async () => {
      const stage = await bench.store.stage(newKey())
      const given = new AbortController()
      const silent = slowly(new Promise<Uint8Array>(() => {}))
      const append = stage.append(0, silent, { signal: given.signal })
      given.abort(new Error('the client is gone'))
      await expect(append).rejects.toThrow('the client is gone')
      await stage.abort()
    })
  })
}

async function* slowly(chunk: Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await chunk
}

async function* failing(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield* chunksOf(bytes)
  throw new Error('the client is gone')
}
