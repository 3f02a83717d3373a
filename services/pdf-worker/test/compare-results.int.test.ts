import { blobKey } from '@atrium/platform/blobs/port.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compareResults } from '../src/timers/compare-results.ts'
import { plannerContent } from './planner.ts'
import { createService, type Service } from './service-context.ts'

let service: Service
beforeAll(async () => {
  service = await createService()
  service.start()
})
afterAll(() => service.close())

const unsettledMs = 60_000
const compareAt = (at: number) =>
  compareResults({ ...service, unsettledMs }, new Date(at).toISOString())

/** As a worker leaves it that was killed: stored, or half stored, and named by nothing. */
async function leave(resultId: string, isWhole: boolean) {
  const stage = await service.blobs.stage(blobKey('acme', resultId))
  await stage.append(0, [Buffer.from('%PDF')])
  if (isWhole) await stage.commit()
}
const staged = async () =>
  (await Array.fromAsync(service.blobs.listStaged())).map(({ key }) => key as string)

it('what a killed worker left goes once it is old enough, whole or not; nothing else does', async () => {
  const job = await service.request({ project: plannerContent('kept') })
  await expect.poll(async () => (await service.jobOf(job.id)).status).toBe('completed')
  const kept = await service.storedKeys()
  const [whole, half] = [`res_${'1'.repeat(32)}`, `res_${'2'.repeat(32)}`]
  await leave(whole, true)
  await leave(half, false)
  const now = Date.now()

  expect(await compareAt(now)).toMatchObject({ known: 1, orphans: [], missing: [] })
  expect(await service.storedKeys()).toHaveLength(kept.length + 1)
  expect(await staged()).toEqual([`acme/${half}`])

  const { orphans } = await compareAt(now + 2 * unsettledMs)
  expect(orphans.toSorted()).toEqual([`acme/${whole}`, `acme/${half}`])
  expect(await service.storedKeys()).toEqual(kept)
  expect(await staged()).toEqual([])
})

it('bytes that are gone are told', async () => {
  const [key = ''] = await service.storedKeys()
  await service.blobs.remove(key as Parameters<typeof service.blobs.remove>[0])
  expect(await compareAt(Date.now())).toMatchObject({ missing: [key] })
})
