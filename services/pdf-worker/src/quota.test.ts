import { createGiven } from '@atrium/platform/testkit/given.ts'
import { expect, it } from 'vitest'
import { dayOf, quota } from './quota.ts'

const given = createGiven(quota)
const at = '2026-01-01T23:59:59.999Z'
const of = { ownerId: `usr_${'0'.repeat(32)}`, day: dayOf(at), at }
const jobIds = (...letters: readonly string[]) => letters.map((each) => `job_${each.repeat(32)}`)
const reserve = (ids: readonly string[], jobsMax = 3) =>
  ({ type: 'ReserveJobs', ...of, jobIds: ids, jobsMax }) as const
const reserved = (...letters: readonly string[]) =>
  ({
    type: 'JobsReserved',
    data: {
      ownerId: of.ownerId,
      day: of.day,
      jobIds: jobIds(...letters),
      reservedAt: at,
    },
  }) as const

it('counts the jobs of a day in UTC', () => {
  expect(of.day).toBe('2026-01-01')
  expect(given().when(reserve(jobIds('a', 'b'))).events).toEqual([reserved('a', 'b')])
})

it('takes all jobs of a request or none, telling quota, limit and use', () => {
  const { events, rejection } = given(reserved('a', 'b')).when(reserve(jobIds('c', 'd')))
  expect(events).toEqual([])
  expect(rejection?.code).toBe('quota-exceeded')
  expect(rejection?.extensions).toEqual({ quota: 'pdf-jobs-per-day', limit: 3, used: 2 })
  expect(given(reserved('a', 'b')).when(reserve(jobIds('c'))).events).toHaveLength(1)
})

it('counts no job twice', () => {
  expect(given(reserved('a')).when(reserve(jobIds('a'))).events).toEqual([])
})

it('frees the places of jobs that never came to be', () => {
  const release = { type: 'ReleaseJobs', ...of, jobIds: jobIds('b', 'x') } as const
  const { events } = given(reserved('a', 'b')).when(release)
  expect(events).toMatchObject([{ type: 'JobsReleased', data: { jobIds: jobIds('b') } }])
  const after = given(reserved('a', 'b'), ...events)
  expect([...after.state.reservedAt.keys()]).toEqual(jobIds('a'))
})
