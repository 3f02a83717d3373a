import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { blobKey, type BlobStore, type ListBlobsOptions } from '../port.ts'
import { type Bench, chunksOf, get, isSame, newKey, noise, put } from './bench.ts'

export function listCases(bench: Bench) {
  describe('listing and removing', () => {
    it('lists what is below a prefix, each once, and nothing beside it', async () => {
      const tenant = newTenant()
      const inside = ['a', 'b', 'a/b', 'a/b/c', 'A', 'a_', 'a-b/c'].map((name) =>
        blobKey(tenant, ...name.split('/')),
      )
      const beside = [blobKey(`${tenant}2`, 'a'), blobKey('x', tenant)]
      for (const key of [...inside, ...beside]) await put(bench.store, key, noise(10))
      const listed = await keys(bench.store, { prefix: blobKey(tenant) })
      expect(listed.toSorted()).toEqual(inside.toSorted())
      expect((await keys(bench.store, { prefix: blobKey(tenant, 'a') })).toSorted()).toEqual(
        [blobKey(tenant, 'a', 'b'), blobKey(tenant, 'a', 'b', 'c')].toSorted(),
      )
      expect(await keys(bench.store, { prefix: blobKey(newTenant()) })).toEqual([])
      expect(await keys(bench.store)).toEqual(expect.arrayContaining([...inside, ...beside]))
    })

    it('tells how much a blob takes up and since when', async () => {
      const prefix = blobKey(newTenant())
      const before = Date.now()
      await put(bench.store, blobKey(prefix, 'a'), noise(5_000))
      const [entry] = await Array.fromAsync(bench.store.list({ prefix }))
      expect(entry?.storedBytes).toBeGreaterThanOrEqual(5_000)
      expect(entry?.storedBytes).toBeLessThan(6_000)
      // Clocks of servers are whole seconds, and not ours.
      expect(Math.abs((entry?.modifiedAt.getTime() ?? 0) - before)).toBeLessThan(60_000)
    })

    it('goes on behind a key, also where that is gone', async () => {
      const tenant = newTenant()
      for (let n = 0; n < 30; n += 1) await put(bench.store, blobKey(tenant, `n${n}`), noise(1))
      const prefix = blobKey(tenant)
      const all = await keys(bench.store, { prefix })
      expect(new Set(all).size).toBe(30)
      for (const [index, after] of all.entries()) {
        expect(await keys(bench.store, { prefix, after })).toEqual(all.slice(index + 1))
      }
      const middle = all[14] ?? blobKey(tenant)
      await bench.store.remove(middle)
      expect(await keys(bench.store, { prefix, after: middle })).toEqual(all.slice(15))
    })

    it('lists more than fit a page', async () => {
      const tenant = newTenant()
      const length = bench.subject.manyEntries ?? 40
      const names = Array.from({ length }, (_none, n) => blobKey(tenant, `n${n}`))
      await inTens(names, (key) => put(bench.store, key, noise(1)))
      expect((await keys(bench.store, { prefix: blobKey(tenant) })).toSorted()).toEqual(
        names.toSorted(),
      )
      await inTens(names, (key) => bench.store.remove(key))
      expect(await keys(bench.store, { prefix: blobKey(tenant) })).toEqual([])
    })

    it('removes a blob, once and for all', async () => {
      const key = newKey()
      await put(bench.store, key, noise(10))
      await bench.store.remove(key)
      await bench.store.remove(key)
      await expect(bench.store.read(key)).rejects.toMatchObject({ name: 'BlobMissing' })
      await put(bench.store, key, noise(20))
      expect(isSame(await get(bench.store, key), noise(20))).toBe(true)
    })

    it('keeps keys apart that differ in case alone', async () => {
      const tenant = newTenant()
      await put(bench.store, blobKey(tenant, 'Same'), noise(10, 1))
      await put(bench.store, blobKey(tenant, 'same'), noise(10, 2))
      await bench.store.remove(blobKey(tenant, 'SAME'))
      expect(isSame(await get(bench.store, blobKey(tenant, 'Same')), noise(10, 1))).toBe(true)
      expect(isSame(await get(bench.store, blobKey(tenant, 'same')), noise(10, 2))).toBe(true)
    })

    it('lists what is staged, until it is committed or aborted', async () => {
      const [committed, aborted, left] = [newKey(), newKey(), newKey()]
      for (const key of [committed, aborted, left]) {
        const stage = await bench.store.stage(key, { resumable: true })
        await stage.append(0, [noise(10)])
      }
      const ours = async () => {
        const staged = await Array.fromAsync(bench.store.listStaged())
        return staged.filter(({ key }) => [committed, aborted, left].includes(key))
      }
      expect((await ours()).map(({ key }) => key).toSorted()).toEqual(
        [committed, aborted, left].toSorted(),
      )
      expect(await keys(bench.store)).not.toContain(left)
      await (await bench.store.stage(committed, { resumable: true })).commit()
      await (await bench.store.stage(aborted, { resumable: true })).abort()
      const rest = await ours()
      expect(rest).toMatchObject([{ key: left, isResumable: true }])
      expect(Math.abs((rest[0]?.modifiedAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
      await rest[0]?.drop()
      expect(await ours()).toEqual([])
    })

    it('lists and drops what a writer without a name for it left behind', async () => {
      const key = newKey()
      const left = await bench.store.stage(key)
      await left.append(0, chunksOf(noise(20_000_000)))
      const other = await bench.another()
      const staged = (await Array.fromAsync(other.listStaged())).filter((each) => each.key === key)
      expect(staged).toMatchObject([{ key, isResumable: false }])
      await staged[0]?.drop()
      expect((await Array.fromAsync(other.listStaged())).map((each) => each.key)).not.toContain(key)
    })
  })
}

const newTenant = () => `t-${randomUUID()}`

const keys = async (store: BlobStore, options?: ListBlobsOptions) =>
  (await Array.fromAsync(store.list(options))).map(({ key }) => key)

async function inTens<T>(items: readonly T[], work: (item: T) => Promise<unknown>) {
  for (let at = 0; at < items.length; at += 10)
    await Promise.all(items.slice(at, at + 10).map(work))
}
