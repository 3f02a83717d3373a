import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bench, p99, rateOf, type Topic } from '../bench.ts'
import { addressFrom, post, startProcess, startService } from '../processes.ts'
import { download, uploadForm } from '../upload.ts'

const mebibyte = 1024 * 1024
const largeBytes = 64 * mebibyte
const hugeBytes = 5 * 1024 * mebibyte
const smallBytes = 10 * 1024
const rangeBytes = mebibyte
const callers = 16
const roundMs = 3_000
const entries = 10_000
const listings = 400
const pollMs = 20

/**
 * Bytes up and down at the service itself, beside a minimal server that knows no token, type or
 * quota; what the gateway costs on top stands in rows of its own.
 */
export const topic: Topic = {
  summary: `uploads of ${largeBytes / mebibyte} MB with type, SHA-256, quota and blob store`,
  async run(bench) {
    const folder = await mkdtemp(join(tmpdir(), 'atrium-bench-assets-'))
    bench.onEnd(() => rm(folder, { recursive: true, force: true }))
    const subject = await startSubject(bench, join(folder, 'blobs'))
    const peer = await addressFrom(
      startProcess(bench, 'bench/src/peers/file-service.ts', [join(folder, 'peer')]),
    )
    await compareUploads(bench, subject, peer)
    await compareDownloads(bench, subject, peer)
    await measureSmall(bench, subject)
    await measureFolder(bench, subject)
    await measureMemory(bench, subject)
  },
}

interface Subject {
  readonly assets: string
  readonly gateway: string
  readonly headers: Readonly<Record<string, string>>
  readonly instanceId: string
}

/** The services as production runs them, and a person who has signed up. */
async function startSubject(bench: Bench, blobFolder: string): Promise<Subject> {
  const auth = await startService(bench, 'auth')
  const instances = await startService(bench, 'instances', { AUTH_URL: auth })
  const assets = await startService(bench, 'assets', {
    AUTH_URL: auth,
    INSTANCES_URL: instances,
    BLOBS_DIR: blobFolder,
    FREE_TIER_BYTES_MAX: String(1024 ** 4),
    FREE_TIER_IMAGES_MAX: '1000000',
  })
  const gateway = await addressFrom(
    startProcess(bench, 'gateway/src/main.ts', [], {
      PORT: '0',
      NATS_URL: await bench.nats(),
      AUTH_URL: auth,
      INSTANCES_URL: instances,
      ASSETS_URL: assets,
      PDF_URL: instances,
      RATE_LIMIT_SCALE: '1000000',
    }),
  )
  const { headers, body } = await post(`${gateway}/v1/auth/register`, {
    email: `p-${randomUUID()}@example.com`,
    password: 'a long enough passphrase',
  })
  const authorization = `Bearer ${(body as { accessToken: string }).accessToken}`
  const token = headers.get('consistency-token') ?? ''
  const seen = { authorization, 'consistency-token': token }
  const listed = await fetch(`${gateway}/v1/instances`, { headers: seen })
  const { items } = (await listed.json()) as { items: readonly { id: string }[] }
  await fetch(`${gateway}/v1/assets`, { headers: seen }) // the instance has its storage then
  return { assets, gateway, headers: { authorization }, instanceId: items[0]?.id ?? '' }
}

const upload = (origin: string, { headers, instanceId }: Subject, sizeBytes: number) =>
  uploadForm({
    url: `${origin}/v1/assets`,
    headers,
    fields: { instanceId },
    sizeBytes,
  }) as Promise<{
    readonly items: readonly { readonly id: string }[]
  }>

const rateOfBytes = async (bytes: number, work: () => Promise<unknown>) => {
  const startedAt = performance.now()
  await work()
  return bytes / 1e3 / (performance.now() - startedAt)
}

async function compareUploads(bench: Bench, subject: Subject, peer: string) {
  const ours = (origin: string) =>
    rateOfBytes(largeBytes, () => upload(origin, subject, largeBytes))
  const theirs = () =>
    rateOfBytes(largeBytes, () => uploadForm({ url: `${peer}/upload`, sizeBytes: largeBytes }))
  await Promise.all([ours(subject.assets), theirs()]) // compiled by now, as in production
  await bench.compare({
    name: 'upload of 64 MB',
    unit: 'MB/s',
    rounds: 9,
    ours: () => ours(subject.assets),
    peers: [{ name: '@fastify/multipart to disk', target: 1.2, run: theirs }],
  })
  await bench.compare({
    name: 'upload of 64 MB through the gateway',
    unit: 'MB/s',
    ours: () => ours(subject.gateway),
  })
}

async function compareDownloads(bench: Bench, subject: Subject, peer: string) {
  const { items } = await upload(subject.assets, subject, largeBytes)
  const path = `/v1/assets/${items[0]?.id}/content`
  const { name } = (await uploadForm({ url: `${peer}/upload`, sizeBytes: largeBytes })) as {
    readonly name: string
  }
  const whole = (origin: string) =>
    rateOfBytes(largeBytes, () => download(`${origin}${path}`, subject.headers))
  const theirs = () => rateOfBytes(largeBytes, () => download(`${peer}/files/${name}`))
  await Promise.all([whole(subject.assets), theirs()])
  await bench.compare({
    name: 'download of 64 MB',
    unit: 'MB/s',
    rounds: 9,
    ours: () => whole(subject.assets),
    peers: [{ name: '@fastify/static', target: 0.9, run: theirs }],
  })
  const part = { range: `bytes=${7 * mebibyte}-${7 * mebibyte + rangeBytes - 1}` }
  const ranges = (url: string, headers: Readonly<Record<string, string>>) =>
    rateOf(callers, roundMs, () => download(url, { ...headers, ...part }))
  await bench.compare({
    name: `ranges of 1 MB, ${callers} callers`,
    unit: 'ranges/s',
    ours: () => ranges(`${subject.assets}${path}`, subject.headers),
    peers: [
      { name: '@fastify/static', target: 0.9, run: () => ranges(`${peer}/files/${name}`, {}) },
    ],
  })
  await bench.compare({
    name: 'download of 64 MB through the gateway',
    unit: 'MB/s',
    ours: () => whole(subject.gateway),
  })
}

async function measureSmall(bench: Bench, subject: Subject) {
  await bench.compare({
    name: `uploads of 10 KB, ${callers} callers`,
    unit: 'uploads/s',
    ours: () => rateOf(callers, roundMs, () => upload(subject.assets, subject, smallBytes)),
  })
}

async function measureFolder(bench: Bench, { assets, headers, instanceId }: Subject) {
  const files = `${assets}/v1/instances/${instanceId}`
  let next = 0
  let seen = ''
  const create = async () => {
    while (next < entries) {
      const path = `wide/${String((next += 1)).padStart(6, '0')}`
      const response = await fetch(`${files}/files-folders`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ path }),
      })
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
      seen = response.headers.get('consistency-token') ?? seen
    }
  }
  await Promise.all(Array.from({ length: callers }, create))
  const list = async (query: string) => {
    const startedAt = performance.now()
    const response = await fetch(`${files}/files/wide?limit=100${query}`, {
      headers: { ...headers, 'consistency-token': seen },
    })
    const { items } = (await response.json()) as { items?: readonly unknown[] }
    if (items?.length !== 100) throw new Error(`${response.status}: ${items?.length} entries`)
    return performance.now() - startedAt
  }
  await bench.compare({
    name: `a page of a folder of ${entries} entries, p99`,
    unit: 'ms',
    target: 50,
    ours: async () => {
      const times: number[] = []
      for (let n = 0; n < listings; n += 1) times.push(await list(n % 2 === 0 ? '' : '&depth=2'))
      return p99(times)
    },
  })
}

/** How much more the service holds at most while a file of 5 GB passes than while 64 MB do. */
async function measureMemory(bench: Bench, subject: Subject) {
  const peakOf = async (sizeBytes: number) => {
    let peak = 0
    const done = new AbortController()
    const watch = async () => {
      while (!done.signal.aborted) {
        const text = await (await fetch(`${subject.assets}/metrics`)).text()
        const resident = /^process_resident_memory_bytes(?:\{[^}]*\})? (\S+)/m.exec(text)?.[1]
        peak = Math.max(peak, Number(resident))
        await new Promise((resolve) => setTimeout(resolve, pollMs))
      }
    }
    const watching = watch()
    const { items } = await upload(subject.assets, subject, sizeBytes)
    await download(`${subject.assets}/v1/assets/${items[0]?.id}/content`, subject.headers)
    done.abort()
    await watching
    return peak
  }
  await bench.compare({
    name: 'memory at most, 5 GB above 64 MB',
    unit: 'MiB',
    rounds: 1,
    target: 30,
    ours: async () => {
      for (let n = 0; n < 5; n += 1) await peakOf(largeBytes)
      const small = await peakOf(largeBytes)
      return ((await peakOf(hugeBytes)) - small) / mebibyte
    },
  })
}
