import { type Bench, rateOf } from '../bench.ts'
import { uploadForm } from '../upload.ts'
import type { Peer } from './peer.ts'
import { processorMs, type Subject, upload } from './subject.ts'

const smallBytes = 10 * 1024
const callers = 16
const roundMs = 3_000

/**
 * Small uploads, and what dominates them: the same bytes again need no store; a peer that syncs
 * shows what the disk takes; the processor time of one is what the service itself does.
 */
export async function measureSmall(bench: Bench, subject: Subject, peer: Peer) {
  const fresh = () => upload(subject.assets, subject, smallBytes)
  const again = () => upload(subject.assets, subject, smallBytes, { isSame: true })
  const theirs = (query: string) => () =>
    uploadForm({ url: `${peer.url}/upload${query}`, sizeBytes: smallBytes })
  await bench.compare({
    name: `uploads of 10 KB, ${callers} callers`,
    unit: 'uploads/s',
    ours: () => rateOf(callers, roundMs, fresh),
    peers: [
      {
        name: '@fastify/multipart, synced',
        run: () => rateOf(callers, roundMs, theirs('?sync')),
      },
      { name: 'the same, not synced', run: () => rateOf(callers, roundMs, theirs('')) },
    ],
  })
  await bench.compare({
    name: 'the same of bytes that are there already',
    unit: 'uploads/s',
    ours: () => rateOf(callers, roundMs, again),
  })
  await bench.compare({
    name: 'processor time of an upload of 10 KB',
    unit: 'ms',
    rounds: 3,
    ours: async () => {
      let count = 0
      const beforeMs = await processorMs(subject.assets)
      await rateOf(callers, roundMs, async () => {
        await fresh()
        count += 1
      })
      return ((await processorMs(subject.assets)) - beforeMs) / count
    },
  })
}
