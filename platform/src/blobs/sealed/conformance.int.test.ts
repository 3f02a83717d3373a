import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { startS3Double } from '../../testkit/s3-server.ts'
import { describeBlobStore } from '../conformance.ts'
import type { SealedPlace } from './conformance-opener.ts'
import { frameBytes } from './frames.ts'

const folders: string[] = []
const double = await startS3Double()
const opener = new URL('./conformance-opener.ts', import.meta.url)
const boundaries = [frameBytes - 1, frameBytes, frameBytes + 1, 3 * frameBytes]
const masterKey = randomBytes(32).toString('base64url')

async function inFolder(options: Omit<SealedPlace, 'folder'>) {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-sealed-'))
  folders.push(folder)
  return JSON.stringify({ folder, ...options } satisfies SealedPlace)
}

describeBlobStore('An encrypted folder', {
  opener,
  boundaries,
  place: () => inFolder({ masterKey, compress: false }),
})
describeBlobStore('A compressed folder', {
  opener,
  boundaries,
  place: () => inFolder({ compress: true }),
})
describeBlobStore('A folder that is compressed and encrypted', {
  opener,
  boundaries,
  place: () => inFolder({ masterKey, compress: true }),
})
describeBlobStore('A bucket that is compressed and encrypted', {
  opener,
  boundaries,
  place: () => JSON.stringify({ s3: double.options, masterKey, compress: true }),
})

afterAll(async () => {
  await double.close()
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))
})
