import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { AssetUsage } from '@atrium/contracts/assets/http.ts'
import type { Bench } from '../bench.ts'
import type { Subject } from './subject.ts'

const projects = 1_000
const assetsEach = 10
const callers = 16
const collectedWithinMs = 300_000
const pollMs = 100
const attemptsMax = 20

/**
 * From the first request that purges a project until the bytes of the last are off the disk, with
 * no time of grace and a look at what is due every second: through the event store of instances,
 * NATS, the reaction of assets and its collector.
 */
export async function measurePurge(bench: Bench, subject: Subject, blobFolder: string) {
  await bench.compare({
    name: `${projects} projects of ${assetsEach} assets purged and collected`,
    unit: 's',
    rounds: 1,
    target: 30,
    ours: async () => {
      const others = await countFiles(blobFolder) // of other measurements
      const ids: string[] = []
      await inParallel(projects, async (index) => ids.push(await fillProject(subject, index)))
      const held = (await countFiles(blobFolder)) - others
      if (held !== projects * assetsEach) throw new Error(`${held} blobs before the purge`)

      const startedAt = performance.now()
      await inParallel(ids.length, async (index) => {
        const path = `/v1/instances/${subject.instanceId}/projects/${ids[index] ?? ''}?purge=true`
        await ask(subject, `${subject.instances}${path}`, { method: 'DELETE' })
      })
      while (!(await isCollected(subject, blobFolder, others))) {
        if (performance.now() - startedAt > collectedWithinMs) throw new Error('not collected')
        await delay(pollMs)
      }
      return (performance.now() - startedAt) / 1_000
    },
  })
}

/** A project with pictures that nobody else has. */
async function fillProject(subject: Subject, index: number): Promise<string> {
  const { instances, assets, instanceId } = subject
  const created = await ask(subject, `${instances}/v1/instances/${instanceId}/projects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: `Project ${index}`, kind: 'plain' }),
  })
  const { id } = (await created.json()) as { id: string }
  const form = new FormData()
  form.set('instanceId', instanceId)
  form.set('projectId', id)
  for (let asset = 0; asset < assetsEach; asset += 1) {
    const text = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>${index} ${asset}</title></svg>`
    form.append('file', new Blob([text]), 'a.svg')
  }
  const headers = { 'consistency-token': created.headers.get('consistency-token') ?? '' }
  await ask(subject, `${assets}/v1/assets`, { method: 'POST', headers, body: form })
  return id
}

async function isCollected(subject: Subject, blobFolder: string, others: number): Promise<boolean> {
  const { headers, assets } = subject
  const response = await fetch(`${assets}/v1/assets/usage`, { headers })
  const { files, trash } = (await response.json()) as AssetUsage
  return files === 0 && trash.files === 0 && (await countFiles(blobFolder)) === others
}

/** Folders go with their last file, also while they are looked through: then it is looked again. */
async function countFiles(folder: string): Promise<number> {
  const listed = () => readdir(folder, { withFileTypes: true, recursive: true })
  const entries = await listed().catch(() => undefined)
  if (!entries) return Number.NaN
  return entries.filter((entry) => entry.isFile()).length
}

/** As the subject. Throws where the answer is no success. */
async function ask({ headers }: Subject, url: string, init: RequestInit): Promise<Response> {
  const given = init.headers as Readonly<Record<string, string>> | undefined
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(url, { ...init, headers: { ...headers, ...given } })
    if (response.ok) return response
    // Not yet consistent: the project is not known here as yet.
    if (response.status !== 503 || attempt === attemptsMax) {
      throw new Error(`${url}: ${response.status} ${await response.text()}`)
    }
    await delay(pollMs)
  }
}

async function inParallel(count: number, work: (index: number) => Promise<unknown>) {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: callers }, worker))
}
