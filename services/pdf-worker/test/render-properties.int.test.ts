import { testSeed } from '@atrium/platform/testkit/random.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Pdfium, loadPdfium } from '../src/verify/pdfium.ts'
import { verifyPdf } from '../src/verify/verify-pdf.ts'
import { openPdfPrograms } from './pdf-programs.ts'
import { plannerArbitrary } from './planner-arbitrary.ts'
import { compilation } from './planner-content.ts'
import { rendered } from './rendering.ts'

const programs = await openPdfPrograms()
const leftOut = typeof programs === 'string' ? programs : ''
if (leftOut) console.warn(`Properties of rendered planners: qpdf was left out: ${leftOut}`)

const seed = testSeed()
const pagesMax = 150
const longTestMs = 120_000
const modes = ['interactive', 'flattened', 'navigation_only'] as const

const documentArbitrary = fc
  .record({ content: plannerArbitrary, mode: fc.constantFrom(...modes) })
  .map(({ content, mode }) => {
    const result = compilation(content, { pagesMax, export: mode })
    return result.status === 'compiled' ? result.document : undefined
  })
  .filter((document) => document !== undefined)

let pdfium: Pdfium

beforeAll(async () => {
  pdfium = await loadPdfium()
})

afterAll(async () => {
  if (typeof programs !== 'string') await programs.close()
})

describe(`any planner that compiles (seed ${seed})`, { timeout: longTestMs }, () => {
  it('becomes a file of the pages that were compiled, without a dead or a wrong link', async () => {
    await fc.assert(
      fc.asyncProperty(documentArbitrary, async (document) => {
        const { bytes } = await rendered(document)
        const { pageCount, findings } = verifyPdf(bytes, document, pdfium)
        expect(pageCount).toBe(document.pages.length)
        expect(findings).toEqual([])
      }),
      { seed, numRuns: 40 },
    )
  })

  it.skipIf(leftOut)(`is correct by qpdf${leftOut && ', left out'}`, async () => {
    if (typeof programs === 'string') return
    await fc.assert(
      fc.asyncProperty(documentArbitrary, async (document) => {
        await programs.check((await rendered(document)).bytes)
      }),
      { seed, numRuns: 15 },
    )
  })

  it('gives the same bytes again, whatever was rendered between', async () => {
    const other = fc.tuple(documentArbitrary, documentArbitrary)
    await fc.assert(
      fc.asyncProperty(other, async ([document, between]) => {
        const { bytes } = await rendered(document)
        await rendered(between)
        expect((await rendered(document)).bytes.equals(bytes)).toBe(true)
      }),
      { seed, numRuns: 10 },
    )
  })
})
