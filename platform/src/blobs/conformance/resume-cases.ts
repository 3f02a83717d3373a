import { fork } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { checkpointBytes, type BlobKey, StageMissing } from '../port.ts'
import { type Bench, chunksOf, get, isSame, newKey, noise, put, text } from './bench.ts'
import type { VictimTask } from './victim-process.ts'

/** What an adapter may hold in memory before it writes it. */
const gatheredBytesMax = 16 * 1024 * 1024

export function resumeCases(bench: Bench) {
  describe('resuming', () => {
    it('goes on in another store, append by append', async () => {
      for (const bytes of [noise(400_003), text(400_003)]) {
        const key = newKey()
        const ends = [0, 1, 65_536, 65_537, 300_000, 400_003]
        for (const [index, end] of ends.entries()) {
          const stage = await (await bench.another()).stage(key, { resumable: true })
          const start = ends[index - 1] ?? 0
          expect(await stage.offsetBytes()).toBe(start)
          expect(await stage.append(start, [Buffer.from(bytes.subarray(start, end))])).toBe(end)
        }
        const stage = await (await bench.another()).stage(key, { resumable: true })
        expect(await stage.commit()).toBe(bytes.length)
        expect(isSame(await get(bench.store, key), bytes)).toBe(true)
      }
    })

    it('keeps what arrived before the source failed', async () => {
      const bytes = noise(500_000)
      const stage = await bench.store.stage(newKey(), { resumable: true })
      const broken = (async function* () {
        yield* chunksOf(bytes.subarray(0, 300_000), 10_000)
        throw new Error('the client is gone')
      })()
      await expect(stage.append(0, broken)).rejects.toThrow('the client is gone')
      expect(await stage.offsetBytes()).toBe(300_000)
      await stage.append(300_000, chunksOf(bytes.subarray(300_000)))
      await stage.commit()
      expect(isSame(await get(bench.store, stage.key), bytes)).toBe(true)
    })

    it('leaves of a committed stage only the answer of its commit', async () => {
      const key = newKey()
      await put(bench.store, key, noise(1_234))
      const stage = await (await bench.another()).stage(key, { resumable: true })
      await expect(stage.offsetBytes()).rejects.toThrow(StageMissing)
      await expect(stage.append(0, [noise(1)])).rejects.toThrow(StageMissing)
      expect(await stage.commit()).toBe(1_234)
      expect(isSame(await get(bench.store, key), noise(1_234))).toBe(true)
    })

    it('starts anew where a stage is not resumable', async () => {
      const key = newKey()
      const left = await bench.store.stage(key)
      await left.append(0, chunksOf(noise(200_000)))
      const stage = await (await bench.another()).stage(key)
      expect(await stage.offsetBytes()).toBe(0)
      await stage.append(0, [noise(10, 2)])
      expect(await stage.commit()).toBe(10)
      expect(isSame(await get(bench.store, key), noise(10, 2))).toBe(true)
    })

    it('keeps a note together with the offset', async () => {
      const stage = await bench.store.stage(newKey(), { resumable: true })
      expect(await stage.note()).toBeUndefined()
      let seen = 0
      const source = (async function* () {
        for await (const chunk of chunksOf(noise(150_000), 50_000)) {
          seen += chunk.length
          yield chunk
        }
      })()
      await stage.append(0, source, { note: () => Buffer.from(String(seen)) })
      const again = await (await bench.another()).stage(stage.key, { resumable: true })
      expect(Buffer.from((await again.note()) ?? []).toString()).toBe('150000')
      expect(await again.offsetBytes()).toBe(150_000)
      await again.commit()
      expect(await bench.store.head(stage.key)).toEqual({ sizeBytes: 150_000 })
    })

    it('loses to kill -9 in the middle of an append at most what came after a checkpoint', async () => {
      const key = newKey()
      const until = checkpointBytes + 10_000_000
      const sent = await killed(bench, key, { append: until, rest: 'wait' })
      expect(sent).toBeGreaterThanOrEqual(until)
      const stage = await bench.store.stage(key, { resumable: true })
      const offset = await stage.offsetBytes()
      expect(offset).toBeGreaterThanOrEqual(sent - checkpointBytes - gatheredBytesMax)
      const all = noise(offset + 1_000)
      await stage.append(offset, [all.subarray(offset)])
      expect(await stage.commit()).toBe(offset + 1_000)
      expect(isSame(await get(bench.store, key), all)).toBe(true)
    })

    it('keeps every byte that kill -9 meets between the append and the commit', async () => {
      const key = newKey()
      await killed(bench, key, { append: 3_000_000, rest: 'end' })
      const stage = await bench.store.stage(key, { resumable: true })
      expect(await stage.offsetBytes()).toBe(3_000_000)
      expect(await stage.commit()).toBe(3_000_000)
      expect(isSame(await get(bench.store, key), noise(3_000_000))).toBe(true)
    })

    it('keeps a blob whose writer is killed right after the commit', async () => {
      const key = newKey()
      await killed(bench, key, { append: 3_000_000, rest: 'commit' })
      expect(isSame(await get(bench.store, key), noise(3_000_000))).toBe(true)
      const stage = await bench.store.stage(key, { resumable: true })
      expect(await stage.commit()).toBe(3_000_000)
    })
  })
}

/** Lets a process write, kills it with SIGKILL where it says so, and tells what it had sent. */
async function killed(bench: Bench, key: BlobKey, work: Pick<VictimTask, 'append' | 'rest'>) {
  const task: VictimTask = { opener: bench.subject.opener.href, place: bench.place, key, ...work }
  const child = fork(new URL('./victim-process.ts', import.meta.url), [JSON.stringify(task)])
  const [said] = (await once(child, 'message')) as [{ readonly sentBytes: number }]
  child.kill('SIGKILL')
  await once(child, 'exit')
  return said.sentBytes
}
