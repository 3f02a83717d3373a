import type { JobEvent } from '@atrium/contracts/pdf/events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { job, type JobRequest } from './job.ts'

const given = createGiven(job)
const ownerId = `usr_${'0'.repeat(32)}`
const jobId = `job_${'a'.repeat(32)}`
const hour = (number: number) => `2026-01-01T${String(number).padStart(2, '0')}:00:00.000Z`
const keys = { jobId, ownerId }

const asked: JobRequest = {
  jobId,
  ownerId,
  title: 'My year',
  device: 'remarkable-2',
  projectSha256: 'a'.repeat(64),
  profileSha256: 'b'.repeat(64),
  pages: 12,
  strict: false,
  deterministic: false,
  export: 'interactive',
  requestedAt: hour(1),
}
const stored = {
  resultId: `res_${'c'.repeat(32)}`,
  sizeBytes: 4_096,
  pageCount: 12,
  sha256: 'd'.repeat(64),
}
const finding = { severity: 'warning', code: 'dead-link', message: 'leads nowhere' } as const

const requested: JobEvent = { type: 'PdfRequested', data: asked }
const started = (attempt = 1): JobEvent => ({
  type: 'PdfStarted',
  data: { ...keys, attempt, startedAt: hour(2) },
})
const crashed = (attempt: number): JobEvent => ({
  type: 'PdfCrashed',
  data: { ...keys, attempt, cause: 'SIGKILL', crashedAt: hour(2) },
})
const completed: JobEvent = {
  type: 'PdfCompleted',
  data: {
    ...keys,
    ...stored,
    attempt: 1,
    cached: false,
    completedAt: hour(3),
    expiresAt: hour(9),
  },
}
const cancelled: JobEvent = {
  type: 'PdfCancelled',
  data: { ...keys, reason: 'requested', cancelledAt: hour(3) },
}

const start = (lapsesMax = 20) => ({ type: 'StartRender', lapsesMax, at: hour(2) }) as const
const complete = (attempt: number) =>
  ({
    type: 'CompleteJob',
    attempt,
    result: stored,
    diagnostics: [],
    expiresAt: hour(9),
    at: hour(3),
  }) as const
const fail = (attempt: number) =>
  ({
    type: 'FailJob',
    attempt,
    errorCode: 'dead-links',
    errorMessage: '1 link leads nowhere',
    diagnostics: [finding],
    at: hour(3),
  }) as const
const remove = (owner = ownerId) => ({ type: 'DeleteJob', ownerId: owner, at: hour(4) }) as const

const types = (events: readonly JobEvent[]) => events.map(({ type }) => type)

describe('asking for a PDF', () => {
  const request = { type: 'RequestJob', request: asked, at: hour(1) } as const

  it('is a job that waits', () => {
    expect(given().when(request).events).toEqual([requested])
    expect(given(requested).state).toMatchObject({ status: 'pending', attempt: 0, pages: 12 })
  })

  it('is completed at once where the same PDF is stored', () => {
    const held = { ...stored, diagnostics: [finding], expiresAt: hour(9) }
    const { events } = given().when({ ...request, stored: held })
    expect(types(events)).toEqual(['PdfRequested', 'PdfDiagnosed', 'PdfCompleted'])
    expect(events.at(-1)?.data).toMatchObject({ ...stored, attempt: 0, cached: true })
    expect(given(...events).state).toMatchObject({
      status: 'completed',
      page: 12,
      diagnostics: [finding],
    })
  })

  it('is done once', () => {
    expect(given(requested).when(request).events).toEqual([])
  })
})

describe('a render', () => {
  it('begins with a number that makes earlier ones void', () => {
    expect(given(requested).when(start()).events[0]?.data).toMatchObject({ attempt: 1 })
    const again = given(requested, started(1)).when(start())
    expect(again.events[0]?.data).toMatchObject({ attempt: 2 })
    for (const late of [complete(1), fail(1), { type: 'ReturnJob', attempt: 1, at: hour(3) }]) {
      const { events } = given(requested, started(1), started(2)).when(late as never)
      expect(events).toEqual([])
    }
  })

  it('completes the job once, and then nothing more can happen to it', () => {
    const { events } = given(requested, started()).when(complete(1))
    expect(events).toEqual([completed])
    const after = given(requested, started(), completed)
    for (const command of [complete(1), fail(1), start()]) {
      expect(after.when(command).events).toEqual([])
    }
  })

  it('fails the job with what was found', () => {
    const { events } = given(requested, started()).when(fail(1))
    expect(types(events)).toEqual(['PdfDiagnosed', 'PdfFailed'])
    expect(given(requested, started(), ...events).state).toMatchObject({
      status: 'failed',
      errorCode: 'dead-links',
      diagnostics: [finding],
    })
  })

  it('tells its progress forwards only', () => {
    const progress = (page: number) =>
      ({ type: 'NoteProgress', attempt: 1, page, pages: 12, at: hour(2) }) as const
    const { events } = given(requested, started()).when(progress(6))
    expect(types(events)).toEqual(['PdfProgressed'])
    expect(given(requested, started(), ...events).when(progress(5)).events).toEqual([])
  })

  it('does not begin for a job that is cancelled', () => {
    expect(given(requested, cancelled).when(start()).events).toEqual([])
    expect(given(requested, started(), cancelled).when(complete(1)).events).toEqual([])
  })

  it('gives the job back when its service closes, without a word of a crash', () => {
    const back = { type: 'ReturnJob', attempt: 1, at: hour(3) } as const
    const { events } = given(requested, started()).when(back)
    expect(types(events)).toEqual(['PdfReturned'])
    const { state } = given(requested, started(), ...events)
    expect(state).toMatchObject({ status: 'pending', crashes: 0, attempt: 1 })
  })
})

describe('a crash', () => {
  const crash = (attempt: number) =>
    ({ type: 'NoteCrash', attempt, cause: 'SIGKILL', crashesMax: 3, at: hour(3) }) as const

  it('lets the job wait again, and the last one fails it', () => {
    const first = given(requested, started(1)).when(crash(1))
    expect(types(first.events)).toEqual(['PdfCrashed'])
    const third = given(requested, started(1), crashed(1), started(2), crashed(2), started(3)).when(
      crash(3),
    )
    expect(third.events).toMatchObject([
      { type: 'PdfFailed', data: { errorCode: 'render-crashed' } },
    ])
  })

  it('of the service itself is found out by the next attempt, up to a limit', () => {
    const { events } = given(requested, started(1), started(2)).when(start(2))
    expect(events).toMatchObject([
      { type: 'PdfFailed', data: { errorCode: 'render-crashed', attempt: 2 } },
    ])
    const back: JobEvent = {
      type: 'PdfReturned',
      data: { ...keys, attempt: 2, returnedAt: hour(3) },
    }
    const answered = given(requested, started(1), started(2), back).when(start(2))
    expect(types(answered.events)).toEqual(['PdfStarted'])
  })
})

describe('a job that waits', () => {
  it('takes a PDF that was stored meanwhile', () => {
    const { events } = given(requested).when({
      type: 'CompleteFromStore',
      result: stored,
      diagnostics: [],
      expiresAt: hour(9),
      at: hour(3),
    })
    expect(events).toMatchObject([{ type: 'PdfCompleted', data: { cached: true } }])
  })

  it('is cancelled when its project is deleted, and one that has ended is left alone', () => {
    const cancel = { type: 'CancelJob', at: hour(3) } as const
    expect(given(requested).when(cancel).events).toMatchObject([
      { type: 'PdfCancelled', data: { reason: 'project-deleted' } },
    ])
    expect(given(requested, started(), completed).when(cancel).events).toEqual([])
  })
})

describe('deleting a job', () => {
  it('cancels what is under way, and removes what has ended', () => {
    expect(types(given(requested).when(remove()).events)).toEqual(['PdfCancelled'])
    expect(types(given(requested, started()).when(remove()).events)).toEqual(['PdfCancelled'])
    expect(types(given(requested, cancelled).when(remove()).events)).toEqual(['PdfRemoved'])
    expect(types(given(requested, started(), completed).when(remove()).events)).toEqual([
      'PdfRemoved',
    ])
  })

  it('does not find one that is removed, another’s, or none', () => {
    const removed: JobEvent = {
      type: 'PdfRemoved',
      data: { ...keys, reason: 'requested', removedAt: hour(4) },
    }
    const other = `usr_${'9'.repeat(32)}`
    expect(given(requested, cancelled, removed).when(remove()).rejection?.code).toBe('not-found')
    expect(given(requested).when(remove(other)).rejection?.code).toBe('not-found')
    expect(given().when(remove()).rejection?.code).toBe('not-found')
  })
})

describe('expiry', () => {
  const expire = (at: string) => ({ type: 'ExpireJob', at }) as const

  it('comes at its time, once', () => {
    const history = [requested, started(), completed]
    expect(given(...history).when(expire(hour(8))).events).toEqual([])
    const { events } = given(...history).when(expire(hour(9)))
    expect(types(events)).toEqual(['PdfExpired'])
    expect(given(...history, ...events).when(expire(hour(10))).events).toEqual([])
    expect(given(...history, ...events).state).toMatchObject({ status: 'completed', expired: true })
  })
})
