import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureFolder } from '../assets/folder.ts'
import { measureMemory } from '../assets/memory.ts'
import { startPeer } from '../assets/peer.ts'
import { measurePurge } from '../assets/purge.ts'
import { measureSmall } from '../assets/small.ts'
import { signUp, startServices } from '../assets/subject.ts'
import { compareDownloads, compareUploads } from '../assets/transfers.ts'
import type { Topic } from '../bench.ts'

/**
 * Bytes up and down at the service itself, beside a minimal server that knows no token, type or
 * quota; what the gateway costs on top stands in rows of its own.
 */
export const topic: Topic = {
  summary: 'uploads with type, SHA-256, quota and blob store, and what is kept of them',
  async run(bench) {
    const folder = await mkdtemp(join(tmpdir(), 'atrium-bench-assets-'))
    bench.onEnd(() => rm(folder, { recursive: true, force: true }))
    const services = await startServices(bench, join(folder, 'blobs'), {
      ASSETS_GRACE_SECONDS: '0',
      ASSETS_COLLECT_INTERVAL_SECONDS: '1',
    })
    const peer = await startPeer(bench, join(folder, 'peer'))
    await compareUploads(bench, await signUp(services), peer)
    await compareDownloads(bench, await signUp(services), peer)
    await measureSmall(bench, await signUp(services), peer)
    await measureFolder(bench, await signUp(services))
    await measureMemory(bench, await signUp(services))
    await measurePurge(bench, await signUp(services), join(folder, 'blobs', 'assets', 'blobs'))
  },
}
