import type {
  CloneEvent,
  DeviceEvent,
  JobEvent,
  ListingEvent,
  ResultEvent,
  SourceEvent,
} from '@atrium/contracts/pdf/events.ts'
import { createDatabase, type Database } from '@atrium/platform/database/database.ts'
import { testProjection } from '@atrium/platform/testkit/projection.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cloneList } from './clone-list/projection.ts'
import { deviceList } from './device-list/projection.ts'
import { jobList } from './job-list/projection.ts'
import { publicationList } from './publication-list/projection.ts'
import { resultList } from './result-list/projection.ts'
import { sourceList } from './source-list/projection.ts'

let urls: TestDatabase
let database: Database

beforeAll(async () => {
  urls = await createTestDatabase()
  database = await createDatabase({ ...urls, context: 'pdf' })
})
afterAll(async () => {
  await database.close()
  await urls.drop()
})

const ownerId = `usr_${'0'.repeat(32)}`
const jobId = `job_${'a'.repeat(32)}`
const resultId = `res_${'c'.repeat(32)}`
const projectId = `prj_${'d'.repeat(32)}`
const hour = (number: number) => `2026-01-01T0${number}:00:00.000Z`
const date = (number: number) => new Date(hour(number))
const keys = { jobId, ownerId }

const requested: JobEvent = {
  type: 'PdfRequested',
  data: {
    ...keys,
    projectId,
    title: 'A year',
    device: 'remarkable-2',
    projectSha256: 'a'.repeat(64),
    profileSha256: 'b'.repeat(64),
    pages: 12,
    strict: false,
    deterministic: true,
    export: 'interactive',
    requestedAt: hour(1),
  },
}
const started: JobEvent = {
  type: 'PdfStarted',
  data: { ...keys, attempt: 1, startedAt: hour(2) },
}
const progressed: JobEvent = {
  type: 'PdfProgressed',
  data: { ...keys, attempt: 1, page: 6, pages: 12, progressedAt: hour(2) },
}
const finding = { severity: 'warning', code: 'dead-link', message: 'leads nowhere' } as const
const diagnosed: JobEvent = {
  type: 'PdfDiagnosed',
  data: { ...keys, attempt: 1, diagnostics: [finding], diagnosedAt: hour(3) },
}
const completed: JobEvent = {
  type: 'PdfCompleted',
  data: {
    ...keys,
    attempt: 1,
    resultId,
    sizeBytes: 4_096,
    pageCount: 12,
    sha256: 'e'.repeat(64),
    cached: false,
    completedAt: hour(3),
    expiresAt: hour(9),
  },
}

describe('job-list', () => {
  /** The row after these events, each applied once, twice and in one batch. */
  async function rowAfter(...events: readonly JobEvent[]) {
    const rows = await testProjection({
      owner: database.owner,
      context: 'pdf',
      definition: jobList,
      given: [requested, ...events],
    })
    return rows[0]
  }

  it('has a row for each job that is asked for', async () => {
    expect(await rowAfter()).toMatchObject({
      tenant_id: 'default',
      id: jobId,
      owner_id: ownerId,
      project_id: projectId,
      batch_id: null,
      status: 'pending',
      pages: 12,
      position: 1,
      version: 1,
      requested_at: date(1),
    })
  })

  it('shows how far a render is', async () => {
    expect(await rowAfter(started, progressed)).toMatchObject({
      status: 'processing',
      attempt: 1,
      page: 6,
      started_at: date(2),
      version: 3,
    })
  })

  it.each<JobEvent>([
    { type: 'PdfReturned', data: { ...keys, attempt: 1, returnedAt: hour(3) } },
    { type: 'PdfCrashed', data: { ...keys, attempt: 1, cause: 'SIGKILL', crashedAt: hour(3) } },
  ])('lets a job wait again after $type', async (event) => {
    expect(await rowAfter(started, progressed, event)).toMatchObject({
      status: 'pending',
      page: 0,
      version: 4,
    })
  })

  it('shows what was stored and what was found', async () => {
    expect(await rowAfter(started, diagnosed, completed)).toMatchObject({
      status: 'completed',
      page: 12,
      result_id: resultId,
      size_bytes: 4_096,
      page_count: 12,
      cached: false,
      diagnostics: [finding],
      completed_at: date(3),
      expires_at: date(9),
      expired: false,
      version: 4,
    })
  })

  it('shows why a job failed, and the limit that it met', async () => {
    const limit = { setting: 'MAX_PDF_PAGES', limit: 1_000, value: 1_001, unit: 'pages' } as const
    const failed: JobEvent = {
      type: 'PdfFailed',
      data: {
        ...keys,
        attempt: 1,
        errorCode: 'page-limit-exceeded',
        errorMessage: 'too long',
        limit,
        failedAt: hour(3),
      },
    }
    expect(await rowAfter(started, failed)).toMatchObject({
      status: 'failed',
      error_code: 'page-limit-exceeded',
      error_message: 'too long',
      limit_hit: limit,
      completed_at: date(3),
    })
  })

  it('shows a job that is cancelled, one that has expired, and forgets a removed one', async () => {
    const cancelled: JobEvent = {
      type: 'PdfCancelled',
      data: { ...keys, reason: 'requested', cancelledAt: hour(3) },
    }
    const expired: JobEvent = { type: 'PdfExpired', data: { ...keys, expiredAt: hour(9) } }
    const removed: JobEvent = {
      type: 'PdfRemoved',
      data: { ...keys, reason: 'purged', removedAt: hour(9) },
    }
    expect(await rowAfter(cancelled)).toMatchObject({ status: 'cancelled', completed_at: date(3) })
    expect(await rowAfter(started, completed, expired)).toMatchObject({ expired: true })
    expect(await rowAfter(cancelled, removed)).toBeUndefined()
  })
})

describe('result-list', () => {
  const stored: ResultEvent = {
    type: 'ResultStored',
    data: {
      resultId,
      ownerId,
      jobId,
      attempt: 1,
      inputSha256: 'a'.repeat(64),
      sizeBytes: 1,
      pageCount: 1,
      sha256: 'b'.repeat(64),
      diagnostics: [],
      storedAt: hour(1),
    },
  }
  const other = `job_${'b'.repeat(32)}`
  const held: ResultEvent = {
    type: 'ResultHeld',
    data: { resultId, jobId: other, heldAt: hour(2) },
  }
  const released: ResultEvent = {
    type: 'ResultReleased',
    data: { resultId, jobId, releasedAt: hour(3) },
  }
  const condemned: ResultEvent = {
    type: 'ResultCondemned',
    data: { resultId, condemnedAt: hour(4) },
  }
  const erased: ResultEvent = { type: 'ResultErased', data: { resultId, erasedAt: hour(5) } }
  const rowsAfter = (table: string, ...events: readonly ResultEvent[]) =>
    testProjection({
      owner: database.owner,
      context: 'pdf',
      definition: resultList,
      given: events,
      table,
    })

  it('finds a PDF by its input, until it is condemned and erased', async () => {
    const row = { id: resultId, input_sha256: 'a'.repeat(64), job_id: jobId, attempt: 1 }
    expect(await rowsAfter('stored_result', stored)).toMatchObject([{ ...row, condemned: false }])
    expect(await rowsAfter('stored_result', stored, condemned)).toMatchObject([
      { ...row, condemned: true },
    ])
    expect(await rowsAfter('stored_result', stored, condemned, erased)).toEqual([])
  })

  it('knows the jobs that hold it', async () => {
    const holders = await rowsAfter('result_holder', stored, held)
    expect(holders.map((row) => row['job_id'])).toEqual([jobId, other])
    const left = await rowsAfter('result_holder', stored, held, released)
    expect(left).toMatchObject([{ job_id: other, held_at: date(2) }])
  })
})

describe('source-list', () => {
  const of = { sourceId: projectId, kind: 'project' } as const
  const hidden: SourceEvent = { type: 'SourceHidden', data: { ...of, hiddenAt: hour(1) } }
  const shown: SourceEvent = { type: 'SourceShown', data: { ...of, shownAt: hour(2) } }
  const removed: SourceEvent = { type: 'SourceRemoved', data: { ...of, removedAt: hour(3) } }
  const rowsAfter = (...events: readonly SourceEvent[]) =>
    testProjection({
      owner: database.owner,
      context: 'pdf',
      definition: sourceList,
      given: events,
    })

  it('has what is hidden, and what is gone for good', async () => {
    expect(await rowsAfter(hidden)).toMatchObject([{ id: projectId, removed: false }])
    expect(await rowsAfter(hidden, shown)).toEqual([])
    expect(await rowsAfter(hidden, removed)).toMatchObject([{ id: projectId, removed: true }])
  })
})

describe('device-list', () => {
  const deviceId = `dev_${'e'.repeat(32)}`
  const profile = {
    name: 'Mine',
    widthPx: 1_404,
    heightPx: 1_872,
    ppi: 226,
    color: false,
    orientation: 'portrait' as const,
    safeMarginsPt: [24, 24, 24, 24],
    minFontPt: 8,
    minStrokePt: 0.5,
    minTouchTargetPt: 28,
    greyLevels: 16,
    maxGreyFillArea: 0.2,
    stylus: true,
  }
  const of = { deviceId, ownerId }
  const added: DeviceEvent = { type: 'DeviceAdded', data: { ...of, profile, addedAt: hour(1) } }
  const revised: DeviceEvent = {
    type: 'DeviceRevised',
    data: { ...of, profile: { ...profile, ppi: 300 }, revisedAt: hour(2) },
  }
  const removed: DeviceEvent = { type: 'DeviceRemoved', data: { ...of, removedAt: hour(3) } }
  const rowsAfter = (...events: readonly DeviceEvent[]) =>
    testProjection({
      owner: database.owner,
      context: 'pdf',
      definition: deviceList,
      given: events,
    })

  it('has what people described, in its newest version, until it is removed', async () => {
    expect(await rowsAfter(added)).toMatchObject([{ id: deviceId, profile, version: 1 }])
    expect(await rowsAfter(added, revised)).toMatchObject([{ profile: { ppi: 300 }, version: 2 }])
    expect(await rowsAfter(added, revised, removed)).toEqual([])
  })
})

describe('publication-list and clone-list', () => {
  const listed = { publicationId: `pub_${'f'.repeat(32)}`, slug: 'my-year', ownerId }
  const cloneKeys = { cloneId: `cln_${'f'.repeat(32)}`, ownerId }
  const published: ListingEvent = {
    type: 'PlannerPublished',
    data: {
      ...listed,
      projectId,
      instanceId: `ins_${'0'.repeat(32)}`,
      title: 'My year',
      description: '',
      author: 'Ada',
      category: '',
      device: 'remarkable-2',
      contentSha256: 'a'.repeat(64),
      pages: 12,
      assets: [],
      publishedAt: hour(1),
    },
  }
  const cloned: ListingEvent = {
    type: 'PlannerCloned',
    data: { ...listed, cloneId: cloneKeys.cloneId, clonedAt: hour(2) },
  }
  const unpublished: ListingEvent = {
    type: 'PlannerUnpublished',
    data: { ...listed, unpublishedAt: hour(3) },
  }
  const erased: ListingEvent = { type: 'PublicationErased', data: { ...listed, erasedAt: hour(4) } }
  const publications = (...events: readonly ListingEvent[]) =>
    testProjection({
      owner: database.owner,
      context: 'pdf',
      definition: publicationList,
      given: events,
    })

  it('have what is published, with its count, until its bytes are gone', async () => {
    expect(await publications(published, cloned)).toMatchObject([
      { slug: 'my-year', published: true, clone_count: 1, assets: [], published_at: date(1) },
    ])
    expect(await publications(published, unpublished)).toMatchObject([{ published: false }])
    expect(await publications(published, unpublished, erased)).toEqual([])
  })

  const asked: CloneEvent = {
    type: 'CloneRequested',
    data: {
      ...cloneKeys,
      instanceId: `ins_${'0'.repeat(32)}`,
      publicationId: listed.publicationId,
      slug: listed.slug,
      requestedAt: hour(1),
    },
  }
  const clones = (...events: readonly CloneEvent[]) =>
    testProjection({
      owner: database.owner,
      context: 'pdf',
      definition: cloneList,
      given: events,
    })

  it('have what is copied, and what became of it', async () => {
    expect(await clones(asked)).toMatchObject([{ status: 'pending', project_id: null }])
    const made: CloneEvent = {
      type: 'CloneCompleted',
      data: { ...cloneKeys, projectId, completedAt: hour(2) },
    }
    expect(await clones(asked, made)).toMatchObject([
      { status: 'completed', project_id: projectId },
    ])
    const refused: CloneEvent = {
      type: 'CloneFailed',
      data: { ...cloneKeys, errorCode: 'refused', failedAt: hour(2) },
    }
    expect(await clones(asked, refused)).toMatchObject([
      { status: 'failed', error_code: 'refused' },
    ])
  })
})
