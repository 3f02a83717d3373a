import type { ResultEvent } from '@atrium/contracts/pdf/events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { expect, it } from 'vitest'
import { result } from './result.ts'

const given = createGiven(result)
const at = '2026-01-01T00:00:00.000Z'
const resultId = `res_${'0'.repeat(32)}`
const [a, b] = [`job_${'a'.repeat(32)}`, `job_${'b'.repeat(32)}`]

const store = {
  type: 'StoreResult',
  resultId,
  ownerId: `usr_${'0'.repeat(32)}`,
  jobId: a,
  attempt: 1,
  inputSha256: 'a'.repeat(64),
  sizeBytes: 10,
  pageCount: 1,
  sha256: 'b'.repeat(64),
  diagnostics: [],
  at,
} as const
const [stored] = given().when(store).events as [ResultEvent]
const held: ResultEvent = { type: 'ResultHeld', data: { resultId, jobId: b, heldAt: at } }
const release = (jobId: string) => ({ type: 'ReleaseResult', resultId, jobId, at }) as const
const hold = (jobId: string) => ({ type: 'HoldResult', resultId, jobId, at }) as const
const types = (events: readonly ResultEvent[]) => events.map(({ type }) => type)

it('is stored once, held by its job', () => {
  expect(types([stored])).toEqual(['ResultStored'])
  expect(given(stored).when(store).events).toEqual([])
  expect(given(stored).state).toMatchObject({ status: 'stored', holders: new Set([a]) })
})

it('is condemned when the last job lets go', () => {
  expect(types(given(stored, held).when(release(a)).events)).toEqual(['ResultReleased'])
  const { events } = given(stored).when(release(a))
  expect(types(events)).toEqual(['ResultReleased', 'ResultCondemned'])
  expect(given(stored, ...events).state.status).toBe('condemned')
})

it('cannot be held once it is condemned, nor where it never was', () => {
  const { events } = given(stored).when(release(a))
  expect(given(stored, ...events).when(hold(b)).rejection?.code).toBe('not-found')
  expect(given().when(hold(b)).rejection?.code).toBe('not-found')
})

it('is held and released once by each job', () => {
  expect(given(stored, held).when(hold(b)).events).toEqual([])
  expect(given(stored).when(release(b)).events).toEqual([])
})

it('is erased only after it was condemned', () => {
  const erase = { type: 'NoteErased', resultId, at } as const
  expect(given(stored).when(erase).events).toEqual([])
  const { events } = given(stored).when(release(a))
  expect(types(given(stored, ...events).when(erase).events)).toEqual(['ResultErased'])
})
