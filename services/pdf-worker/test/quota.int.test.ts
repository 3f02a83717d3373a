import { afterAll, beforeAll, expect, it } from 'vitest'
import { dayOf } from '../src/quota.ts'
import { reserveJobs } from '../src/requests/reserve-jobs.ts'
import { causeIn, requestOf } from './pdf-context.ts'
import { plannerContent } from './planner.ts'
import { createService, type Service } from './service-context.ts'

const jobsMax = 10

let service: Service
beforeAll(async () => {
  service = await createService({ jobsPerDayMax: jobsMax })
})
afterAll(() => service.close())

const person = (letters: string) => ({ userId: `usr_${letters.repeat(16)}` })
const ask = (as: { userId: string }, body: object) =>
  service.ask('POST', '/v1/pdf/jobs', { body: { project: plannerContent('x'), ...body }, as })

it('is exact under parallel requests, and takes a batch as a whole or not at all', async () => {
  const as = person('1a')
  const replies = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0
        ? ask(as, { devices: ['remarkable-2', 'boox-max-13', 'boox-go-10.3'] })
        : ask(as, { device: 'remarkable-2' }),
    ),
  )
  const accepted = replies.flatMap(({ status, body }) =>
    status === 202 ? ((body.items ?? [body]) as { id: string }[]) : [],
  )
  expect(accepted.length).toBeLessThanOrEqual(jobsMax)
  expect(accepted.length).toBeGreaterThan(jobsMax - 3)
  const refused = replies.filter(({ status }) => status !== 202)
  for (const { status, body } of refused) {
    expect(status).toBe(403)
    expect(body).toMatchObject({
      code: 'quota-exceeded',
      quota: 'pdf-jobs-per-day',
      limit: jobsMax,
    })
  }
  const list = await service.ask('GET', '/v1/pdf/jobs?limit=100', { as })
  expect(list.body.items).toHaveLength(accepted.length)
})

it('is each person’s own', async () => {
  const [full, other] = [person('2a'), person('2b')]
  for (let index = 0; index < jobsMax; index += 1) await ask(full, { device: 'remarkable-2' })
  expect((await ask(full, { device: 'remarkable-2' })).status).toBe(403)
  expect((await ask(other, { device: 'remarkable-2' })).status).toBe(202)
})

it('gives back the places of requests that ended between reserving and asking', async () => {
  const { userId: ownerId } = person('3a')
  const at = '2026-01-01T12:00:00.000Z'
  const { aggregates } = service
  const lost = Array.from({ length: jobsMax - 1 }, () => requestOf().jobId)
  const kept = requestOf({ ownerId })
  await reserveJobs(aggregates, { ownerId, jobIds: lost, jobsMax, at }, causeIn('acme'))
  const own = { ownerId, jobIds: [kept.jobId], jobsMax, at }
  await reserveJobs(aggregates, own, causeIn('acme'))
  await aggregates.jobs.handle(
    kept.jobId,
    { type: 'RequestJob', request: kept, at },
    causeIn('acme'),
  )

  const next = (time: string) =>
    reserveJobs(
      aggregates,
      { ownerId, jobIds: [requestOf().jobId], jobsMax, at: time },
      causeIn('acme'),
    )
  await expect(next('2026-01-01T12:01:00.000Z')).rejects.toThrow('quota-exceeded')
  await next('2026-01-01T12:05:00.000Z')
  const { state } = await aggregates.quotas.load('acme', `${ownerId}.${dayOf(at)}`)
  expect(state.reservedAt.size).toBe(2)
  expect(state.reservedAt.has(kept.jobId)).toBe(true)
})
