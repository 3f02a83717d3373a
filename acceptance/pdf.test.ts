import type { LintReport } from '@atrium/contracts/pdf/design-http.ts'
import type { Clone } from '@atrium/contracts/pdf/gallery-http.ts'
import type { Job, JobBatch } from '@atrium/contracts/pdf/job-http.ts'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { beforeEach, describe, expect, inject, it } from 'vitest'
import { call, register, until, type Person } from './client.ts'
import { plannerOf } from './planner.ts'

let person: Person
beforeEach(async () => {
  person = await register()
})

const device = 'remarkable-2'
const jobsPath = '/v1/pdf/jobs'

const ask = (members: object) =>
  person.call('POST', jobsPath, { body: { project: plannerOf(3), device, ...members } })

/** Waits, with a limit, until the job has ended. */
const ended = (id: string): Promise<Job> =>
  until(
    async () => (await person.call('GET', `${jobsPath}/${id}`)).body as Job,
    ({ status }) => !['pending', 'processing'].includes(status),
    50_000,
  )

const zipped = async (path: string) => {
  const response = await fetch(`${inject('atrium').url}${path}`, {
    headers: { authorization: `Bearer ${person.tokens.accessToken}` },
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  // Each entry of the directory at the end begins with these four bytes and 42 more.
  const entries = bytes.toString('latin1').split('PK\u0001\u0002').slice(1)
  const names = entries.map((entry) => /^.{42}([\w.-]+\.pdf)/s.exec(entry) ?? [])
  return { status: response.status, names: names.map(([, name]) => name) }
}

describe('a PDF of a stored planner', () => {
  it('is asked for by the project, and is hidden and shown with it', async () => {
    const instances = await person.call('GET', '/v1/instances')
    const path = `/v1/instances/${instances.body.items[0].id}/projects`
    const project = await person.call('POST', path, {
      body: { name: 'Pages', kind: 'planner', content: plannerOf(3) },
    })
    expect(project.status).toBe(201)
    const projectId = project.body.id as string
    const asked = await person.call('POST', jobsPath, { body: { projectId, device, strict: true } })
    expect(asked).toMatchObject({ status: 202, body: { projectId, title: 'A plan' } })
    const job = await ended(asked.body.id as string)
    expect(job).toMatchObject({ status: 'completed', pageCount: 3, warnings: [] })
    const listed = await person.call('GET', `${jobsPath}?projectId=${projectId}&status=completed`)
    expect(listed.body.items).toMatchObject([{ id: job.id }])

    const projectPath = `${path}/${projectId}`
    const { headers } = await person.call('GET', projectPath)
    const ifMatch = { headers: { 'if-match': headers.get('etag') ?? '' } }
    expect((await person.call('DELETE', projectPath, ifMatch)).status).toBe(204)
    expect((await person.call('GET', `${jobsPath}/${job.id}`)).status).toBe(404)
    expect((await person.call('GET', `${jobsPath}/${job.id}/download`)).status).toBe(404)
    expect((await person.call('POST', `${projectPath}/restore`)).status).toBe(200)
    expect((await person.call('GET', `${jobsPath}/${job.id}`)).body).toMatchObject({
      status: 'completed',
    })
  })
})

describe('POST /v1/pdf/jobs', () => {
  it('answers 202 with the job, which is rendered and can be downloaded in parts', async () => {
    const asked = await ask({ export: 'flattened', deterministic: true })
    expect(asked).toMatchObject({
      status: 202,
      body: { status: 'pending', device, export: 'flattened', progress: { page: 0, pages: 3 } },
    })
    const job = await ended(asked.body.id as string)
    expect(job).toMatchObject({ status: 'completed', cached: false, errorCode: null })
    const path = `${jobsPath}/${job.id}/download`
    const pdf = await person.call('GET', path)
    expect(pdf.status).toBe(200)
    expect(pdf.headers.get('content-type')).toBe('application/pdf')
    expect(pdf.headers.get('content-length')).toBe(String(job.sizeBytes))
    expect(pdf.headers.get('etag')).toBe(`"${job.sha256}"`)
    expect(pdf.text.startsWith('%PDF-')).toBe(true)
    const part = await person.call('GET', path, { headers: { range: 'bytes=0-4' } })
    expect(part).toMatchObject({ status: 206, text: '%PDF-' })
    expect(part.headers.get('content-range')).toBe(`bytes 0-4/${job.sizeBytes}`)
    const same = await person.call('GET', path, {
      headers: { 'if-none-match': `"${job.sha256}"` },
    })
    expect(same.status).toBe(304)
    const behind = await person.call('GET', path, { headers: { range: 'bytes=999999999-' } })
    expect(behind).toMatchObject({ status: 416, body: { code: 'range-not-satisfiable' } })

    const again = await ask({ export: 'flattened', deterministic: true })
    expect(again.body).toMatchObject({ status: 'completed', cached: true, sha256: job.sha256 })
  })

  it('answers a job for each of several devices, and a zip of them', async () => {
    const devices = ['remarkable-2', 'boox-max-13']
    const asked = await ask({ device: undefined, devices })
    expect(asked.status).toBe(202)
    const batch = asked.body as JobBatch
    expect(batch.items.map((job) => job.device)).toEqual(devices)
    for (const { id } of batch.items) expect(await ended(id)).toMatchObject({ batchId: batch.id })
    const shown = await person.call('GET', `/v1/pdf/batches/${batch.id}`)
    expect(shown.body.items).toHaveLength(devices.length)
    expect(await zipped(batch.download)).toEqual({
      status: 200,
      names: devices.toSorted((a, b) => a.localeCompare(b)).map((each) => `A-plan-${each}.pdf`),
    })
  })

  it('refuses what is no planner, every fault with its place', async () => {
    const broken = plannerOf(1)
    Object.assign(broken.masters[0]?.widgets[2]?.properties ?? {}, { bind: 'notes((' })
    Object.assign(broken.masters[0]?.widgets[0] ?? {}, { type: 'piano' })
    const reply = await ask({ project: broken })
    expect(reply).toMatchObject({ status: 422, body: { code: 'validation-failed' } })
    const pointers = (reply.body.errors as { pointer: string }[]).map(({ pointer }) => pointer)
    expect(pointers).toContain('/project/masters/0/widgets/0/type')
    expect(pointers).toContain('/project/masters/0/widgets/2/properties/bind')
    const neither = await ask({ project: undefined })
    expect(neither.body.errors).toMatchObject([{ pointer: '/projectId', code: 'required' }])
    const unknown = await ask({ device: 'abacus' })
    expect(unknown.body.errors).toMatchObject([{ pointer: '/device', code: 'unknown-device' }])
    const nowhere = await ask({ project: undefined, projectId: `prj_${'0'.repeat(32)}` })
    expect(nowhere).toMatchObject({ status: 404, body: { code: 'not-found' } })
  })

  it('refuses a plan with too many pages, before anything is rendered, by the count', async () => {
    expect(await ask({ project: plannerOf(1_001) })).toMatchObject({
      status: 422,
      body: { code: 'too-many-pages', pages: 1_001, limit: 1_000 },
    })
  })

  it('fails a strict job by a dead link, naming widget, page and target; else warns', async () => {
    const project = plannerOf(2)
    Object.assign(project.masters[0]?.widgets[2]?.properties ?? {}, { bind: 'notes(9)' })
    const strict = await ask({ project, strict: true })
    expect(await ended(strict.body.id as string)).toMatchObject({
      status: 'failed',
      errorCode: 'dead-links',
      warnings: [{ code: 'dead-link', widgetId: 'first', page: 1, target: 'notes:page:009' }],
    })
    const lenient = await ask({ project })
    expect(await ended(lenient.body.id as string)).toMatchObject({
      status: 'completed',
      warnings: [{ code: 'dead-link' }],
    })
    const failed = `${jobsPath}/${strict.body.id}/download`
    expect(await person.call('GET', failed)).toMatchObject({
      status: 409,
      body: { code: 'job-not-completed', jobStatus: 'failed' },
    })
  })

  it('holds the quota of the day', async () => {
    const devices = (await person.call('GET', '/v1/pdf/devices')).body.items as { id: string }[]
    const ids = devices.slice(0, 25).map(({ id }) => id)
    const replies = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        ask({ device: undefined, devices: ids, project: plannerOf(1, `Plan ${index}`) }),
      ),
    )
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      202, 202, 202, 202, 403,
    ])
    const refused = replies.find(({ status }) => status === 403)
    expect(refused?.body).toMatchObject({ code: 'quota-exceeded', limit: 100, used: 100 })
  })
})

describe('the events of a job', () => {
  async function listen(id: string, lastEventId?: string) {
    const response = await fetch(`${inject('atrium').url}${jobsPath}/${id}/events`, {
      headers: {
        authorization: `Bearer ${person.tokens.accessToken}`,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
    })
    const messages: EventSourceMessage[] = []
    const parser = createParser({ onEvent: (message) => void messages.push(message) })
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk as Uint8Array))
    return { status: response.status, messages }
  }

  it('tell what it is until it has ended, and nothing twice', async () => {
    const { body } = await ask({ project: plannerOf(40) })
    await person.call('GET', `${jobsPath}/${body.id}`) // waits until the job is shown
    const { status, messages } = await listen(body.id as string)
    expect(status).toBe(200)
    const last = messages.at(-1)
    expect(last?.event).toBe('completed')
    expect(JSON.parse(last?.data ?? '{}')).toMatchObject({ id: body.id, pageCount: 40 })
    expect(messages.slice(0, -1).every(({ event }) => event === 'progress')).toBe(true)
    expect(await listen(body.id as string, last?.id)).toEqual({ status: 204, messages: [] })
    const later = await listen(body.id as string, '1')
    expect(later.messages.map(({ event }) => event)).toEqual(['completed'])
  })
})

describe('DELETE /v1/pdf/jobs/:id', () => {
  it('answers 204 at any stage: cancels what is under way, removes what has ended', async () => {
    const { body } = await ask({ project: plannerOf(1_000) })
    const path = `${jobsPath}/${body.id}`
    expect((await person.call('DELETE', path)).status).toBe(204)
    expect((await person.call('GET', path)).body).toMatchObject({ status: 'cancelled' })
    expect((await person.call('DELETE', path)).status).toBe(204)
    expect((await person.call('GET', path)).status).toBe(404)
    expect((await person.call('DELETE', path)).status).toBe(404)
  })
})

describe('a preview, lint and devices', () => {
  it('answer a picture of a page', async () => {
    const body = { project: plannerOf(3), device, page: 2 }
    const svg = await person.call('POST', '/v1/pdf/preview', { body: { ...body, format: 'svg' } })
    expect(svg.status).toBe(200)
    expect(svg.headers.get('content-type')).toBe('image/svg+xml')
    expect(svg.text).toContain('<svg')
    const png = await person.call('POST', '/v1/pdf/preview', { body: { ...body, format: 'png' } })
    expect(png.headers.get('content-type')).toBe('image/png')
  })

  it('answer what is beyond the limits of a device, and the planner within them', async () => {
    const project = plannerOf(1)
    Object.assign(project.masters[0]?.widgets[0] ?? {}, { styling: { size: 6 } })
    const lint = await person.call('POST', '/v1/pdf/lint', { body: { project, device, fix: true } })
    expect(lint.status).toBe(200)
    const report = lint.body as LintReport
    expect(report.findings).toContainEqual(
      expect.objectContaining({ widgetId: 'text', rule: 'font_size', value: 6, fixed: true }),
    )
    const again = await person.call('POST', '/v1/pdf/lint', {
      body: { project: report.project, device },
    })
    const rules = (again.body as LintReport).findings.map(({ rule }) => rule)
    expect(rules).not.toContain('font_size')
  })

  it('answer every device, and those of ones own', async () => {
    const known = await person.call('GET', '/v1/pdf/devices?limit=100')
    const [first] = known.body.items as { id: string; custom: boolean }[]
    const { id: _, custom: __, ownerId: ___, version: ____, ...description } = known.body.items[0]
    expect(first?.custom).toBe(false)
    const added = await person.call('POST', '/v1/pdf/devices', {
      body: { ...description, name: 'Mine' },
    })
    expect(added).toMatchObject({ status: 201, body: { name: 'Mine', custom: true } })
    const path = `/v1/pdf/devices/${added.body.id}`
    const revised = await person.call('PUT', path, { body: { ...description, name: 'Ours' } })
    expect(revised).toMatchObject({ status: 200, body: { name: 'Ours', version: 2 } })
    const job = await ask({ device: added.body.id })
    expect(await ended(job.body.id as string)).toMatchObject({ status: 'completed' })
    expect((await person.call('DELETE', path)).status).toBe(204)
  })
})

describe('the gallery', () => {
  it('shows a planner to the tenant, which others copy with its pictures, and counts it', async () => {
    const instances = await person.call('GET', '/v1/instances')
    const instanceId = instances.body.items[0].id as string
    const form = new FormData()
    form.append('instanceId', instanceId)
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>'
    form.append('file', new Blob([svg], { type: 'image/svg+xml' }), 'line.svg')
    const asset = await person.call('POST', '/v1/assets', { form })
    expect(asset.status).toBe(201)
    const assetId = asset.body.items[0].id as string
    const content = plannerOf(2, 'Shown to all')
    const [master] = content.masters
    const position = { x: 10, y: 200, width: 40, height: 40 }
    master?.widgets.push({ id: 'line', type: 'image', position, properties: { assetId } } as never)
    const project = await person.call('POST', `/v1/instances/${instanceId}/projects`, {
      body: { name: 'Mine', kind: 'planner', content },
    })
    const slug = `shown-${String(project.body.id).slice(-12)}`
    const published = await person.call('POST', '/v1/gallery', {
      body: { projectId: project.body.id, slug },
    })
    expect(published).toMatchObject({ status: 201, body: { slug, cloneCount: 0, pages: 2 } })

    const anonymous = await call('GET', `/v1/gallery?text=${slug}`, {
      headers: { 'consistency-token': published.headers.get('consistency-token') ?? '' },
    })
    expect(anonymous.body.items).toMatchObject([{ slug, title: 'Shown to all' }])
    expect((await call('GET', `/v1/gallery/${slug}`)).status).toBe(200)

    const other = await register()
    const theirs = await other.call('GET', '/v1/instances')
    const asked = await other.call('POST', `/v1/gallery/${slug}/clone`, {
      body: { instanceId: theirs.body.items[0].id },
    })
    expect(asked).toMatchObject({ status: 202, body: { status: 'pending' } })
    const clone = await until(
      async () => (await other.call('GET', `/v1/gallery-clones/${asked.body.id}`)).body as Clone,
      ({ status }) => status !== 'pending',
      30_000,
    )
    expect(clone).toMatchObject({ status: 'completed', errorCode: null })
    const path = `/v1/instances/${clone.instanceId}/projects/${clone.projectId}`
    const copy = await until(
      () => other.call('GET', path),
      ({ status }) => status === 200,
    )
    expect(copy.body).toMatchObject({
      kind: 'planner',
      content: { metadata: { clonedFrom: slug } },
    })
    const [copied] = copy.body.assetIds as string[]
    expect(copied).not.toBe(assetId)
    const picture = await other.call('GET', `/v1/assets/${copied}/content`)
    expect(picture).toMatchObject({ status: 200, text: svg })
    expect((await other.call('GET', `/v1/gallery/${slug}`)).body).toMatchObject({ cloneCount: 1 })

    expect((await other.call('DELETE', `/v1/gallery/${slug}`)).status).toBe(403)
    expect((await person.call('DELETE', `/v1/gallery/${slug}`)).status).toBe(204)
    expect((await person.call('GET', `/v1/gallery/${slug}`)).status).toBe(404)
  })
})
