import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { describeBlobStore } from '../conformance.ts'
import { gatheredBytesMax } from './files.ts'

const folders: string[] = []

describeBlobStore('a folder', {
  opener: new URL('./conformance-opener.ts', import.meta.url),
  place: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'atrium-blobs-'))
    folders.push(folder)
    return folder
  },
  boundaries: [gatheredBytesMax - 1, gatheredBytesMax, 2 * gatheredBytesMax + 1],
})

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))
