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
  await expect
    .poll(async () => (await service.jobOf(id)).status, { timeout: 30_000 })
    .not.toMatch(/pending|processing/)
  return await service.jobOf(id)
}

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
    const pdf = await service.ask('GET', `/v1/pdf/jobs/${job.id}/download`)
    expect(pdf.status).toBe(200)
    expect(pdf.bytes.toString()).toBe('%PDF of plain for remarkable-2 with ')
    expect(pdf.headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(done.sizeBytes),
      etag: `"${done.sha256}"`,
      'content-disposition': 'attachment; filename="plain-remarkable-2.pdf"',
    })
  })

  it('fails with what was found wrong', async () => {
    const job = await service.request({ project: plannerContent('refuse') })
    expect(await ended(job.id)).toMatchObject({
      status: 'failed',
      errorCode: 'dead-links',
      warnings: [{ code: 'dead-link', page: 1 }],
      pageCount: null,
    })
    const pdf = await service.ask('GET', `/v1/pdf/jobs/${job.id}/download`)
    expect(pdf).toMatchObject({ status: 409, body: { code: 'job-not-completed' } })
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
})
