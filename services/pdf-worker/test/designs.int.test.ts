import type { Device, LintReport } from '@atrium/contracts/pdf/design-http.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plannerContent } from './planner.ts'
import { createService, type Service } from './service-context.ts'

// With the renderer itself.

let service: Service
beforeAll(async () => {
  service = await createService({
    program: new URL('../src/preview-process.ts', import.meta.url),
    limits: { outputBytesMax: 50 * 1_048_576 },
  })
  service.start()
})
afterAll(() => service.close())

const project = plannerContent('A plan', 3)
const device = 'remarkable-2'

describe('a preview', () => {
  const preview = (members: object) =>
    service.ask('POST', '/v1/pdf/preview', { body: { project, device, page: 2, ...members } })

  it('is a picture of the page that is asked for', async () => {
    const svg = await preview({ format: 'svg' })
    expect(svg).toMatchObject({ status: 200, headers: { 'content-type': 'image/svg+xml' } })
    expect(svg.headers['content-security-policy']).toContain('sandbox')
    expect(svg.bytes.toString()).toContain('<title>A plan, 2</title>')
    const png = await preview({ format: 'png' })
    expect(png).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } })
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG')
  })

  it('is refused for a page that the plan does not have, and an unknown device', async () => {
    const beyond = await preview({ page: 4, format: 'svg' })
    expect(beyond).toMatchObject({ status: 422, body: { errors: [{ pointer: '/page' }] } })
    const unknown = await preview({ device: 'abacus', format: 'svg' })
    expect(unknown).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/device', code: 'unknown-device' }] },
    })
  })
})

describe('lint', () => {
  const small = structuredClone(project)
  Object.assign(small.masters[0]?.widgets[0] ?? {}, { styling: { size: 6 } })

  it('names widget, rule, value and limit, and mends on request', async () => {
    const found = await service.ask('POST', '/v1/pdf/lint', { body: { project: small, device } })
    expect(found.status).toBe(200)
    expect(found.body.findings).toContainEqual(
      expect.objectContaining({ widgetId: 'text', rule: 'font_size', value: 6, fixed: false }),
    )
    expect(found.body).not.toHaveProperty('project')
    const fixed = await service.ask('POST', '/v1/pdf/lint', {
      body: { project: small, device, fix: true },
    })
    expect(fixed.body.findings).toContainEqual(
      expect.objectContaining({ widgetId: 'text', rule: 'font_size', fixed: true }),
    )
    const again = await service.ask('POST', '/v1/pdf/lint', {
      body: { project: fixed.body.project, device },
    })
    const { findings } = again.body as LintReport
    expect(findings.map(({ rule }) => rule)).not.toContain('font_size')
  })
})

describe('a PDF of the renderer', () => {
  it('is made, read again, and the same for the same input', async () => {
    const members = { project, strict: true, deterministic: true }
    const job = await service.request(members)
    await expect.poll(async () => (await service.jobOf(job.id)).status).toBe('completed')
    const done = await service.jobOf(job.id)
    expect(done).toMatchObject({ pageCount: 3, warnings: [], progress: { page: 3, pages: 3 } })
    const pdf = await service.ask('GET', `/v1/pdf/jobs/${job.id}/download`)
    expect(pdf.bytes.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.bytes).toHaveLength(done.sizeBytes ?? 0)
  })

  it('fails, when strict, where a picture is missing, naming it', async () => {
    const withPicture = structuredClone(project)
    const assetId = `ast_${'0'.repeat(32)}`
    withPicture.masters[0]?.widgets.push({
      id: 'picture',
      type: 'image',
      position: { x: 40, y: 200, width: 100, height: 100 },
      properties: { assetId },
    } as never)
    const job = await service.request({ project: withPicture, strict: true })
    await expect.poll(async () => (await service.jobOf(job.id)).status).toBe('failed')
    expect(await service.jobOf(job.id)).toMatchObject({
      errorCode: 'missing-assets',
      warnings: [{ severity: 'error', assetId }],
    })
  })
})

describe('devices', () => {
  const mine = {
    name: 'Mine',
    widthPx: 1_200,
    heightPx: 1_600,
    ppi: 200,
    color: false,
    orientation: 'portrait',
    safeMarginsPt: [20, 20, 20, 20],
    minFontPt: 8,
    minStrokePt: 0.5,
    minTouchTargetPt: 28,
    greyLevels: 16,
    maxGreyFillArea: 0.2,
    stylus: true,
  }
  const other = { userId: `usr_${'0e'.repeat(16)}` }
  const foreign = { tenant: 'zenith' }

  it('are the 27 that everybody knows, page by page, and those of the tenant', async () => {
    const added = await service.ask('POST', '/v1/pdf/devices', { body: mine })
    expect(added).toMatchObject({ status: 201, body: { ...mine, custom: true, version: 1 } })
    const more = await service.ask('POST', '/v1/pdf/devices', { body: { ...mine, notes: 'long' } })
    expect(more).toMatchObject({ status: 422, body: { errors: [{ pointer: '/notes' }] } })
    const seen: string[] = []
    for (let query = '?limit=10'; query !== '';) {
      const { body } = await service.ask('GET', `/v1/pdf/devices${query}`, { as: other })
      seen.push(...(body.items as Device[]).map(({ id }) => id))
      query = body.nextCursor === null ? '' : `?limit=10&cursor=${body.nextCursor}`
    }
    expect(seen).toHaveLength(28)
    expect(new Set(seen).size).toBe(28)
    expect(seen.at(-1)).toBe(added.body.id)
    const theirs = await service.ask('GET', '/v1/pdf/devices?limit=100', { as: foreign })
    expect(theirs.body.items).toHaveLength(27)
  })

  it('of a person are revised and removed by that person alone', async () => {
    const { body } = await service.ask('POST', '/v1/pdf/devices', { body: mine })
    const path = `/v1/pdf/devices/${body.id}`
    const revised = { ...mine, ppi: 300 }
    expect((await service.ask('PUT', path, { body: revised, as: other })).status).toBe(403)
    expect((await service.ask('PUT', path, { body: revised, as: foreign })).status).toBe(404)
    const stale = { body: revised, headers: { 'if-match': '"7"' } }
    expect((await service.ask('PUT', path, stale)).status).toBe(409)
    const done = await service.ask('PUT', path, { body: revised })
    expect(done).toMatchObject({ status: 200, body: { ppi: 300, version: 2 } })
    expect(done.headers['etag']).toBe('"2"')
    expect((await service.ask('DELETE', path)).status).toBe(204)
    expect((await service.ask('GET', path)).status).toBe(404)
    const known = await service.ask('DELETE', '/v1/pdf/devices/remarkable-2')
    expect(known.status).toBe(403)
  })

  it('are rendered for as they were when the PDF was asked for', async () => {
    const { body } = await service.ask('POST', '/v1/pdf/devices', { body: mine })
    const job = await service.request({ project, device: body.id })
    await service.ask('DELETE', `/v1/pdf/devices/${body.id}`)
    await expect.poll(async () => (await service.jobOf(job.id)).status).toBe('completed')
    const { body: refused } = await service.ask('POST', '/v1/pdf/jobs', {
      body: { project, device: body.id },
    })
    expect(refused).toMatchObject({ errors: [{ pointer: '/device', code: 'unknown-device' }] })
  })
})
