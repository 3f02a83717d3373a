import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plannerContent } from './planner.ts'
import { createService, type Service } from './service-context.ts'

let service: Service
beforeAll(async () => {
  service = await createService()
  service.start()
})
afterAll(() => service.close())

const ended = async (id: string) => {
  await expect.poll(async () => (await service.jobOf(id)).status).not.toMatch(/pending|processing/)
  return await service.jobOf(id)
}
const download = (id: string) => service.ask('GET', `/v1/pdf/jobs/${id}/download`)
const eventsOf = (tenant: string, id: string) =>
  Array.fromAsync(service.store.readStream(`pdf.job-${tenant}:${id}`))

describe('a job', () => {
  it('is accepted, rendered, stored, and can be downloaded', async () => {
    const job = await service.request({ project: plannerContent('plain'), strict: true })
    expect(job).toMatchObject({
      status: 'pending',
      title: 'plain',
      device: 'remarkable-2',
      strict: true,
      progress: { page: 0, pages: 1 },
      projectId: null,
      version: 1,
    })
    const done = await ended(job.id)
    expect(done).toMatchObject({
      status: 'completed',
      pageCount: 1,
      cached: false,
      warnings: [],
      errorCode: null,
    })
    const pdf = await download(job.id)
    expect(pdf.status).toBe(200)
    expect(pdf.bytes.toString()).toBe('%PDF of plain for remarkable-2 with ')
    expect(pdf.headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(done.sizeBytes),
      etag: `"${done.sha256}"`,
      'content-disposition': 'attachment; filename="plain-remarkable-2.pdf"',
    })
  })

  it('is part of what asked for it, and caused by its owner, to the end', async () => {
    const job = await service.request({ project: plannerContent('traced') })
    await ended(job.id)
    const events = await eventsOf('acme', job.id)
    expect(events.map(({ type }) => type)).toEqual(['PdfRequested', 'PdfStarted', 'PdfCompleted'])
    const [requested, ...others] = events
    for (const { metadata } of others) {
      expect(metadata).toMatchObject({
        correlationId: requested?.metadata.correlationId,
        causationId: requested?.id,
        actor: { userId: requested?.metadata.actor.userId, service: 'pdf' },
      })
    }
  })

  it('fails with what was found wrong', async () => {
    const job = await service.request({ project: plannerContent('refuse') })
    expect(await ended(job.id)).toMatchObject({
      status: 'failed',
      errorCode: 'dead-links',
      warnings: [{ code: 'dead-link', page: 1 }],
      pageCount: null,
    })
    expect(await download(job.id)).toMatchObject({
      status: 409,
      body: { code: 'job-not-completed', jobStatus: 'failed' },
    })
  })

  it('fails when its render crashes again and again', async () => {
    const job = await service.request({ project: plannerContent('crash') })
    expect(await ended(job.id)).toMatchObject({ status: 'failed', errorCode: 'render-crashed' })
    const { state } = await service.jobs.load('acme', job.id)
    expect(state).toMatchObject({ attempt: 3, crashes: 2 })
  })

  it('fails naming the limit that it came to, and its value', async () => {
    const job = await service.request({ project: plannerContent('large 2000000') })
    const failed = await ended(job.id)
    expect(failed).toMatchObject({
      status: 'failed',
      errorCode: 'size-limit-exceeded',
      limit: { setting: 'MAX_PDF_SIZE_MB', limit: 1_048_576, unit: 'bytes' },
    })
    expect(failed.limit?.value).toBeGreaterThan(1_048_576)
    expect(failed.errorMessage).toContain('MAX_PDF_SIZE_MB')
  })

  it('is another’s, or nobody’s, to everyone but its owner', async () => {
    const job = await service.request({ project: plannerContent('mine') })
    await ended(job.id)
    for (const as of [{ userId: `usr_${'0e'.repeat(16)}` }, { tenant: 'zenith' }]) {
      for (const path of ['', '/download', '/events']) {
        const answer = await service.ask('GET', `/v1/pdf/jobs/${job.id}${path}`, { as })
        expect(answer).toMatchObject({ status: 404, body: { code: 'not-found' } })
      }
      const removal = await service.ask('DELETE', `/v1/pdf/jobs/${job.id}`, { as })
      expect(removal.status).toBe(404)
      const list = await service.ask('GET', '/v1/pdf/jobs', { as })
      expect(list.body.items).toEqual([])
    }
  })
})

describe('deleting a job', () => {
  it('that is rendered ends the render, and stores nothing', async () => {
    const job = await service.request({ project: plannerContent('loop') })
    await expect.poll(async () => (await service.jobOf(job.id)).status).toBe('processing')
    const before = service.outcomes.length
    expect((await service.ask('DELETE', `/v1/pdf/jobs/${job.id}`)).status).toBe(204)
    expect(await service.jobOf(job.id)).toMatchObject({ status: 'cancelled' })
    await expect.poll(() => service.outcomes.slice(before)).toEqual(['aborted'])
    const next = await service.request({ project: plannerContent('after the loop') })
    expect(await ended(next.id)).toMatchObject({ status: 'completed' })
  })

  it('that has ended takes its bytes away', async () => {
    const job = await service.request({ project: plannerContent('short-lived') })
    await ended(job.id)
    const { state } = await service.jobs.load('acme', job.id)
    const key = state.status === 'completed' ? `acme/${state.result.resultId}` : ''
    expect(await service.storedKeys()).toContain(key)
    expect((await service.ask('DELETE', `/v1/pdf/jobs/${job.id}`)).status).toBe(204)
    expect((await download(job.id)).status).toBe(404)
    await service.letGo()
    await service.letGo()
    expect(await service.storedKeys()).not.toContain(key)
    expect((await service.ask('DELETE', `/v1/pdf/jobs/${job.id}`)).status).toBe(404)
  })
})

describe('a worker', () => {
  const typesOf = async (id: string) => (await eventsOf('acme', id)).map(({ type }) => type)

  it('that closes gives its job back, without a word of a crash', async () => {
    const job = await service.request({ project: plannerContent('wait 600') })
    await expect.poll(async () => (await service.jobOf(job.id)).status).toBe('processing')
    await service.stopWorker()
    expect((await service.jobs.load('acme', job.id)).state).toMatchObject({ status: 'pending' })
    service.start()
    expect(await ended(job.id)).toMatchObject({ status: 'completed' })
    expect(await typesOf(job.id)).toEqual([
      'PdfRequested',
      'PdfStarted',
      'PdfReturned',
      'PdfStarted',
      'PdfCompleted',
    ])
  })

  it('that lost its lease neither completes the job a second time nor leaves bytes', async () => {
    const before = await service.storedKeys()
    const job = await service.request({ project: plannerContent('wait 1500') })
    await expect.poll(async () => (await service.jobOf(job.id)).status).toBe('processing')
    await service.database.owner.query(
      'update queue.lease set leased_until = clock_timestamp() where job_id = $1',
      [job.id],
    )
    const other = service.createWorker()
    other.start()
    expect(await ended(job.id)).toMatchObject({ status: 'completed' })
    await other.close()
    const types = await typesOf(job.id)
    expect(types.filter((type) => type === 'PdfStarted')).toHaveLength(2)
    expect(types.filter((type) => type === 'PdfCompleted')).toHaveLength(1)
    expect(await service.storedKeys()).toHaveLength(before.length + 1)
  })
})

describe('a PDF that is stored already', () => {
  it('completes a job with the same input at once, within the tenant alone', async () => {
    const project = plannerContent('cached')
    const first = await service.request({ project })
    const done = await ended(first.id)
    const second = await service.request({ project })
    expect(second).toMatchObject({
      status: 'completed',
      cached: true,
      sha256: done.sha256,
      progress: { page: 1, pages: 1 },
    })
    expect((await download(second.id)).bytes).toEqual((await download(first.id)).bytes)

    for (const other of [
      { project, device: 'boox-max-13' },
      { project, export: 'flattened' },
      { project, deterministic: true },
      { project, strict: true },
      { project: plannerContent('cached', 2) },
    ]) {
      expect(await service.request(other)).toMatchObject({ status: 'pending', cached: false })
    }
    const foreign = await service.request({ project }, { tenant: 'zenith' })
    expect(foreign).toMatchObject({ status: 'pending', cached: false })
    const colleague = await service.request({ project }, { userId: `usr_${'0e'.repeat(16)}` })
    expect(colleague).toMatchObject({ status: 'completed', cached: true })
  })

  it('is not given to somebody else where it shows assets', async () => {
    const assetId = `ast_${'1'.repeat(32)}`
    const ownerId = `usr_${'0a'.repeat(16)}`
    service.assets.set(assetId, { id: assetId, ownerId, bytes: Buffer.from('a picture') })
    const project = plannerContent('with a picture')
    project.masters[0]?.widgets.push({
      id: 'picture',
      type: 'image',
      position: { x: 0, y: 0, width: 9, height: 9 },
      properties: { assetId },
    } as never)
    const mine = await service.request({ project })
    await ended(mine.id)
    expect((await download(mine.id)).bytes.toString()).toContain(`with ${assetId}`)
    const as = { userId: `usr_${'0e'.repeat(16)}` }
    const theirs = await service.request({ project }, as)
    expect(theirs).toMatchObject({ status: 'pending', cached: false })
    await expect.poll(async () => (await service.jobOf(theirs.id, as)).status).toBe('completed')
    const pdf = await service.ask('GET', `/v1/pdf/jobs/${theirs.id}/download`, { as })
    expect(pdf.bytes.toString()).not.toContain(assetId)
  })

  it('stays while one of its jobs needs it', async () => {
    const project = plannerContent('shared')
    const first = await service.request({ project })
    await ended(first.id)
    const second = await service.request({ project })
    expect(second.cached).toBe(true)
    await service.ask('DELETE', `/v1/pdf/jobs/${first.id}`)
    await service.letGo()
    await service.letGo()
    expect((await download(second.id)).status).toBe(200)
    await service.ask('DELETE', `/v1/pdf/jobs/${second.id}`)
    await service.letGo()
    await service.letGo()
    expect(await service.request({ project })).toMatchObject({ status: 'pending', cached: false })
  })

  it('completes jobs that waited for it', async () => {
    const project = plannerContent('wait 300')
    const jobs = await Promise.all(
      Array.from({ length: 4 }, () => service.request({ project, strict: true })),
    )
    const done = await Promise.all(jobs.map(({ id }) => ended(id)))
    expect(done.every(({ status }) => status === 'completed')).toBe(true)
    expect(done.filter(({ cached }) => cached).length).toBeGreaterThan(0)
  })
})

describe('expiry', () => {
  it('takes the bytes at their time, and leaves the job', async () => {
    const job = await service.request({ project: plannerContent('old') })
    const done = await ended(job.id)
    const later = new Date(Date.parse(done.expiresAt ?? '') + 1).toISOString()
    const kept = await service.request({ project: plannerContent('young') })
    await ended(kept.id)
    await service.letGo(later)
    expect(await download(job.id)).toMatchObject({ status: 410, body: { code: 'result-expired' } })
    expect(await service.jobOf(job.id)).toMatchObject({ status: 'completed', pageCount: 1 })
    const types = (await eventsOf('acme', job.id)).map(({ type }) => type)
    expect(types.at(-1)).toBe('PdfExpired')
  })
})

describe('the list of jobs', () => {
  it('is the caller’s, newest first, by page, status and project', async () => {
    const as = { userId: `usr_${'0f'.repeat(16)}` }
    const jobs = []
    for (const name of ['one', 'two', 'refuse']) {
      jobs.push(await service.request({ project: plannerContent(name) }, as))
    }
    const list = async (query: string) =>
      (await service.ask('GET', `/v1/pdf/jobs?${query}`, { as })).body as {
        items: { id: string }[]
        nextCursor: string | null
      }
    const first = await list('limit=2')
    const rest = await list(`limit=2&cursor=${first.nextCursor}`)
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(
      jobs.map(({ id }) => id).toReversed(),
    )
    expect(rest.nextCursor).toBeNull()
    const failed = () => list('status=failed')
    await expect.poll(async () => (await failed()).items).toHaveLength(1)
    expect((await list(`projectId=prj_${'0'.repeat(32)}`)).items).toEqual([])
  })
})

describe('a batch', () => {
  it('has a job for each device, and is one request to the idempotency key', async () => {
    const body = {
      project: plannerContent('batch'),
      devices: ['remarkable-2', 'boox-max-13'],
    }
    const once = { body, headers: { 'idempotency-key': 'batch-1' } }
    const asked = await service.ask('POST', '/v1/pdf/jobs', once)
    expect(asked).toMatchObject({ status: 202, body: { items: [{}, {}] } })
    const again = await service.ask('POST', '/v1/pdf/jobs', once)
    expect(again.body).toEqual(asked.body)
    const {
      id,
      items,
      download: path,
    } = asked.body as {
      id: string
      items: { id: string }[]
      download: string
    }
    for (const job of items) await ended(job.id)
    const zip = await service.ask('GET', path)
    expect(zip).toMatchObject({ status: 200, headers: { 'content-type': 'application/zip' } })
    const text = zip.bytes.toString('latin1')
    expect(text).toContain('%PDF of batch for remarkable-2')
    expect(text).toContain('%PDF of batch for boox-max-13')
    const foreign = await service.ask('GET', `/v1/pdf/batches/${id}`, { as: { tenant: 'zenith' } })
    expect(foreign.status).toBe(404)
  })

  it('has no zip while one of its jobs is under way', async () => {
    const { body } = await service.ask('POST', '/v1/pdf/jobs', {
      body: { project: plannerContent('wait 2000'), devices: ['remarkable-2'] },
    })
    const zip = await service.ask('GET', body.download as string)
    expect(zip).toMatchObject({ status: 409, body: { code: 'job-not-completed', underWay: 1 } })
    await ended(body.items[0].id as string)
  })
})
