import { type Bench, rateOf } from '../bench.ts'
import { download, uploadForm } from '../upload.ts'
import type { Peer } from './peer.ts'
import { processorMs, type Subject, upload } from './subject.ts'

const mebibyte = 1024 * 1024
const largeBytes = 64 * mebibyte
const rangeBytes = mebibyte
const callers = 16
const roundMs = 3_000
/** Of the processor time: it is told in steps of 10 ms. */
const timedRuns = 10

/** Beside a peer that knows no token, type or quota, with and without a sync at its end. */
export async function compareUploads(bench: Bench, subject: Subject, peer: Peer) {
  const ours = (origin: string) => () => upload(origin, subject, largeBytes)
  const theirs = (query: string) => () =>
    uploadForm({ url: `${peer.url}/upload${query}`, sizeBytes: largeBytes })
  await Promise.all([ours(subject.assets)(), theirs('')()]) // compiled by now, as in production
  await bench.compare({
    name: 'upload of 64 MB',
    unit: 'MB/s',
    rounds: 9,
    ours: () => rateOfBytes(largeBytes, ours(subject.assets)),
    peers: [
      {
        name: '@fastify/multipart to disk',
        target: 1.2,
        run: () => rateOfBytes(largeBytes, theirs('')),
      },
      { name: 'the same, synced', run: () => rateOfBytes(largeBytes, theirs('?sync')) },
    ],
  })
  await bench.compare({
    name: 'processor time of an upload of 64 MB',
    unit: 'ms',
    rounds: 3,
    ours: () => timeOf(() => processorMs(subject.assets), ours(subject.assets)),
    peers: [
      { name: '@fastify/multipart to disk', run: () => timeOf(peer.processorMs, theirs('')) },
    ],
  })
  await bench.compare({
    name: 'upload of 64 MB through the gateway',
    unit: 'MB/s',
    ours: () => rateOfBytes(largeBytes, ours(subject.gateway)),
  })
}

export async function compareDownloads(bench: Bench, subject: Subject, peer: Peer) {
  const { path, headers } = await upload(subject.assets, subject, largeBytes)
  const { body } = await uploadForm({ url: `${peer.url}/upload`, sizeBytes: largeBytes })
  const { name } = body as { readonly name: string }
  const file = `${peer.url}/files/${name}`
  const ours = (origin: string) => () => whole(`${origin}${path}`, largeBytes, headers)
  const theirs = () => whole(file, largeBytes)
  await Promise.all([ours(subject.assets)(), theirs()])
  await bench.compare({
    name: 'download of 64 MB',
    unit: 'MB/s',
    rounds: 9,
    ours: () => rateOfBytes(largeBytes, ours(subject.assets)),
    peers: [{ name: '@fastify/static', target: 0.9, run: () => rateOfBytes(largeBytes, theirs) }],
  })
  await bench.compare({
    name: 'processor time of a download of 64 MB',
    unit: 'ms',
    rounds: 3,
    ours: () => timeOf(() => processorMs(subject.assets), ours(subject.assets)),
    peers: [{ name: '@fastify/static', run: () => timeOf(peer.processorMs, theirs) }],
  })
  const part = { range: `bytes=${7 * mebibyte}-${7 * mebibyte + rangeBytes - 1}` }
  const ranges = (url: string, by: Readonly<Record<string, string>>) =>
    rateOf(callers, roundMs, () => whole(url, rangeBytes, { ...by, ...part }))
  await bench.compare({
    name: `ranges of 1 MB, ${callers} callers`,
    unit: 'ranges/s',
    ours: () => ranges(`${subject.assets}${path}`, headers),
    peers: [{ name: '@fastify/static', target: 0.9, run: () => ranges(file, {}) }],
  })
  await bench.compare({
    name: 'download of 64 MB through the gateway',
    unit: 'MB/s',
    ours: () => rateOfBytes(largeBytes, ours(subject.gateway)),
  })
}

async function rateOfBytes(bytes: number, work: () => Promise<unknown>) {
  const startedAt = performance.now()
  await work()
  return bytes / 1e3 / (performance.now() - startedAt)
}

/** Of a process, for one run of the work, which nobody else asks it for meanwhile. */
async function timeOf(readMs: () => Promise<number>, work: () => Promise<unknown>) {
  const beforeMs = await readMs()
  for (let run = 0; run < timedRuns; run += 1) await work()
  return ((await readMs()) - beforeMs) / timedRuns
}

/** Throws where an answer has another length. */
async function whole(url: string, bytes: number, headers?: Readonly<Record<string, string>>) {
  const received = await download(url, headers)
  if (received !== bytes) throw new Error(`${url}: ${received} bytes in place of ${bytes}`)
}
