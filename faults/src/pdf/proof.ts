import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { openLocalBlobStore } from '@atrium/platform/blobs/local/store.ts'
import type { RecordedEvent } from '@atrium/platform/event-store/port.ts'
import { commandLineOf } from '@atrium/platform/servers/process-record.ts'
import type { Platform } from '../platform.ts'
import { proveDerived } from '../proof.ts'
import { until } from '../until.ts'
import { renderProcesses } from './kills.ts'
import type { Asked } from './load.ts'
import type { JobLog } from './log.ts'

/** Bytes that a killed worker left are removed once nothing can be about to name them. */
const tidyLimits = { attemptsMax: 480, pauseMs: 250 }
const askLimits = { attemptsMax: 40, pauseMs: 250 }

/**
 * Proves, from outside and from the log, that each job was completed once and stored once, and that
 * nothing is left over: no bytes, no processes, no folders. Resolves with every fault.
 */
export async function provePdf(
  platform: Platform,
  log: JobLog,
  asked: readonly Asked[],
): Promise<readonly string[]> {
  const events = await log.read()
  const faults = proveJobs(events, asked)
  for (const each of asked) faults.push(...(await proveDownloads(each)))
  faults.push(...(await proveStore(platform, events)))
  faults.push(...(await proveProcesses(platform)))
  faults.push(...(await proveDerived(platform)))
  return faults
}

interface JobData {
  readonly jobId: string
  readonly resultId?: string
}

function proveJobs(events: readonly RecordedEvent[], asked: readonly Asked[]): string[] {
  const faults: string[] = []
  const wanted = new Set(asked.flatMap(({ jobIds }) => jobIds))
  const byJob = Map.groupBy(events, ({ data }) => (data as JobData).jobId)
  for (const jobId of wanted) {
    const types = (byJob.get(jobId) ?? []).map(({ type }) => type)
    const ends = types.filter((type) => /Completed|Failed|Cancelled|Expired|Removed/.test(type))
    const isOnce = types.filter((type) => type === 'PdfRequested').length === 1
    if (!isOnce || ends.join() !== 'PdfCompleted') faults.push(`${jobId}: ${types.join()}`)
  }
  for (const jobId of byJob.keys()) {
    if (!wanted.has(jobId)) faults.push(`${jobId} is in the log, and nobody was told of it`)
  }
  const ids = new Set(events.map(({ id }) => id))
  if (ids.size !== events.length) faults.push(`${events.length - ids.size} events are twice`)
  return faults
}

interface JobSaid {
  readonly status: string
  readonly pageCount: number
  readonly sizeBytes: number
  readonly sha256: string
}

/** What the person sees and gets. */
async function proveDownloads({ person, jobIds, pages }: Asked): Promise<string[]> {
  const faults: string[] = []
  for (const jobId of jobIds) {
    const job = await until(
      () => person.call('GET', `/v1/pdf/jobs/${jobId}`),
      (reply) => (reply?.json as JobSaid | undefined)?.status === 'completed',
      askLimits,
    )
    const said = job?.json as JobSaid | undefined
    const pdf = await person.call('GET', `/v1/pdf/jobs/${jobId}/download`)
    const sha256 = createHash('sha256')
      .update(pdf?.bytes ?? '')
      .digest('hex')
    const isRight =
      said?.status === 'completed' &&
      said.pageCount === pages &&
      pdf?.status === 200 &&
      pdf.bytes.length === said.sizeBytes &&
      sha256 === said.sha256
    if (!isRight) faults.push(`${jobId} is ${JSON.stringify(said)}, its PDF ${pdf?.status}`)
  }
  return faults
}

/** The blob store holds the PDF of each completed job, and nothing else. */
async function proveStore({ dataFolder }: Platform, events: readonly RecordedEvent[]) {
  const blobs = await openLocalBlobStore(path.join(dataFolder, 'blobs', 'pdf'))
  const results = events.flatMap(({ data }) => (data as JobData).resultId ?? [])
  const wanted = [...new Set(results)].toSorted().join('\n')
  const stored = async () => {
    const keys: string[] = []
    for await (const { key } of blobs.list()) keys.push(key.split('/').at(-1) ?? '')
    for await (const { key } of blobs.listStaged()) keys.push(`a part of ${key}`)
    return keys.toSorted().join('\n')
  }
  try {
    const found = await until(stored, (keys) => keys === wanted, tidyLimits)
    if (found === wanted) return []
    const [has, should] = [found.split('\n'), wanted.split('\n')]
    return [
      ...has.filter((key) => !should.includes(key)).map((key) => `${key} is stored, and no job's`),
      ...should.filter((key) => !has.includes(key)).map((key) => `${key} is not stored`),
    ]
  } finally {
    await blobs.close()
  }
}

/** Each render process has a service, and each folder of theirs one of the service that runs. */
async function proveProcesses(platform: Platform): Promise<string[]> {
  const service = (await platform.runFile()).processes['pdf']?.pid
  const look = async () => {
    const all = renderProcesses()
    const own = all.filter(({ parent }) => parent === service)
    const strays = all.filter(({ parent }) => !commandLineOf(parent)?.includes('src/main.ts'))
    const names = await readdir(platform.temporaryFolder)
    const folders = names.filter((name) => name.startsWith('atrium-render-'))
    return [
      ...strays.map(({ pid }) => `render process ${pid} has no service`),
      ...(folders.length > own.length
        ? [`${folders.length} folders of ${own.length} render processes`]
        : []),
    ]
  }
  return await until(look, ({ length }) => length === 0, tidyLimits)
}
