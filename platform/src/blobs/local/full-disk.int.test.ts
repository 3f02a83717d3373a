import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { chunksOf, get, isSame, newKey, noise, put } from '../conformance/bench.ts'
import { BlobStoreFull } from '../port.ts'
import { openLocalBlobStore } from './store.ts'

// A file system of 8 MiB in memory, which only the administrator of a system may create.

const mebibyte = 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'atrium-full-'))
const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder])
const leftOut = status === 0 ? '' : 'no file system could be mounted'

if (leftOut) console.warn(`Blobs on a full disk: was left out: ${leftOut}.`)

afterAll(() => {
  if (!leftOut) spawnSync('umount', [folder])
  rmSync(folder, { recursive: true })
})

describe.skipIf(leftOut)(`On a full disk${leftOut && `, left out: ${leftOut}`}`, () => {
  it('refuses what has no room, and nothing can be seen of it', async () => {
    const store = await openLocalBlobStore(folder)
    const [there, refused, small] = [newKey(), newKey(), newKey()]
    await put(store, there, noise(mebibyte))
    const stage = await store.stage(refused)
    await expect(stage.append(0, chunksOf(noise(20 * mebibyte)))).rejects.toThrow(BlobStoreFull)
    await stage.abort()
    await expect(store.head(refused)).rejects.toMatchObject({ name: 'BlobMissing' })
    expect(await Array.fromAsync(store.listStaged())).toEqual([])
    await put(store, small, noise(4 * mebibyte))
    for (const [key, size] of [[there, 1] as const, [small, 4] as const]) {
      expect(isSame(await get(store, key), noise(size * mebibyte))).toBe(true)
      await store.remove(key)
    }
    await store.close()
  })

  it('keeps of a resumable stage what was kept before', async () => {
    const store = await openLocalBlobStore(folder)
    const note = () => Buffer.from('noted')
    for (const options of [{}, { note }]) {
      const stage = await store.stage(newKey(), { resumable: true })
      await stage.append(0, [noise(2 * mebibyte)], options)
      const more = stage.append(2 * mebibyte, chunksOf(noise(20 * mebibyte)), options)
      await expect(more).rejects.toThrow(BlobStoreFull)
      expect(await stage.offsetBytes()).toBe(2 * mebibyte)
      await stage.append(2 * mebibyte, [noise(3 * mebibyte)], options)
      expect(await stage.commit()).toBe(5 * mebibyte)
      await store.remove(stage.key)
    }
    await store.close()
  })
})
