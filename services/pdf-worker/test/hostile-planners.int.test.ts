import { afterEach, describe, expect, it } from 'vitest'
import { onePage, plannerContent, section, widget } from './planner-content.ts'
import { createService, type Service, type ServiceOptions } from './service-context.ts'

// Planners that are valid and made to do harm, through the real render processes: each ends by a
// limit that is watched from outside, or as a PDF, and the service renders the next one.

const program = new URL('../src/render-process.ts', import.meta.url)
const memoryBytesMax = 256 * 1_048_576
const longTestMs = 120_000

let service: Service | undefined
afterEach(async () => {
  await service?.close()
  service = undefined
})

async function serve(limits: ServiceOptions['limits']) {
  service = await createService({ program, limits: { memoryBytesMax, ...limits } })
  service.start()
  const { request, jobOf } = service
  return async (project: unknown) => {
    const { id } = await request({ project })
    await expect
      .poll(async () => (await jobOf(id)).status, { timeout: longTestMs, interval: 100 })
      .not.toMatch(/pending|processing/)
    return await jobOf(id)
  }
}

const plain = onePage([widget('text_block', { content: 'Still there' })])

/** Eight million dots, most of them far beyond the page. */
const dots = onePage([
  widget('dot_grid', { at: [0, 0, 14_400, 14_400], properties: { gridCellSize: 5 } }),
])

const masters = ['a', 'b', 'c', 'd', 'e']

/** As many as a master may have, in each of five. */
const manyWidgets = plannerContent({
  masters: Object.fromEntries(
    masters.map((name) => [
      name,
      Array.from({ length: 2_000 }, (_, index) =>
        widget(index % 2 === 0 ? 'box' : 'text_block', {
          id: `w${index}`,
          at: [index % 400, (index * 7) % 500, 40, 20],
          content: `${name} ${index}`,
          styling: { size: 1e9, font: 'A'.repeat(200) },
        }),
      ),
    ]),
  ),
  sections: masters.map((name) => section(name)),
})

describe('a planner that is made to do harm', { timeout: longTestMs }, () => {
  it('and takes all memory is ended, naming the limit and what it came to', async () => {
    const ended = await serve({})
    const failed = await ended(dots)
    expect(failed).toMatchObject({
      status: 'failed',
      errorCode: 'memory-limit-exceeded',
      limit: { setting: 'MAX_PDF_MEMORY_MB', limit: memoryBytesMax, unit: 'bytes' },
    })
    expect(failed.limit?.value).toBeGreaterThan(memoryBytesMax / 2)
    expect(failed.errorMessage).toContain(`MAX_PDF_MEMORY_MB allows ${memoryBytesMax}`)
    expect(await ended(plain)).toMatchObject({ status: 'completed', pageCount: 1 })
  })

  it('and takes all time is ended, naming the limit and what it came to', async () => {
    const timeoutMs = 250
    const ended = await serve({ timeoutMs, memoryBytesMax: 2 * memoryBytesMax })
    const failed = await ended(dots)
    expect(failed).toMatchObject({
      status: 'failed',
      errorCode: 'time-limit-exceeded',
      limit: { setting: 'PDF_TIMEOUT_SECONDS', limit: timeoutMs, unit: 'milliseconds' },
    })
    expect(failed.limit?.value).toBeGreaterThanOrEqual(timeoutMs)
    const preview = await service?.ask('POST', '/v1/pdf/preview', {
      body: { project: dots, device: 'remarkable-2', page: 1, format: 'svg' },
    })
    expect(preview).toMatchObject({ status: 422, body: { errors: [{ code: 'too-large' }] } })
    expect(preview?.body.errors[0].detail).toContain('PDF_PREVIEW_TIMEOUT_SECONDS allows 250')
  })

  it('and has 10,000 widgets in huge type becomes a PDF, or ends by its size', async () => {
    const ended = await serve({ outputBytesMax: 10 * 1_048_576 })
    const done = await ended(manyWidgets)
    expect(done).toMatchObject({ status: 'completed', pageCount: masters.length, warnings: [] })
    await service?.close()
    const limit = Math.floor((done.sizeBytes ?? 0) / 2)
    const endedSmall = await serve({ outputBytesMax: limit })
    const failed = await endedSmall(manyWidgets)
    expect(failed).toMatchObject({
      status: 'failed',
      errorCode: 'size-limit-exceeded',
      limit: { setting: 'MAX_PDF_SIZE_MB', limit, unit: 'bytes' },
    })
    expect(failed.limit?.value).toBeGreaterThan(limit)
    expect(await endedSmall(plain)).toMatchObject({ status: 'completed' })
  })
})
