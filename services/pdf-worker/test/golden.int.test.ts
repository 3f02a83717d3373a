import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rasterise } from '../src/render/raster.ts'
import { renderSvg } from '../src/render/svg-surface.ts'
import { type Pdfium, loadPdfium } from '../src/verify/pdfium.ts'
import { verifyPdf } from '../src/verify/verify-pdf.ts'
import {
  coarseDifferenceOf,
  differenceOf,
  goldenDotsPerInch,
  goldenFile,
  goldenNames,
  picturedPages,
  renderGolden,
  structureOf,
} from './golden.ts'
import { openPdfPrograms } from './pdf-programs.ts'
import { library } from './rendering.ts'

const programs = await openPdfPrograms()
const leftOut = typeof programs === 'string' ? programs : ''
if (leftOut) console.warn(`Golden files: poppler and qpdf were left out: ${leftOut}`)

/** Of the pixels: another version of poppler draws some edges otherwise, but no letter. */
const differenceMax = 0.002
/** From afar, between two ways of drawing. */
const coarseDifferenceMax = 0.01
const fineDotsPerInch = 150
const seen = new URL('../../../.atrium/goldens/', import.meta.url)

let pdfium: Pdfium

beforeAll(async () => {
  pdfium = await loadPdfium()
})

afterAll(async () => {
  if (typeof programs !== 'string') await programs.close()
})

describe.each(goldenNames)('the planner %s', (name) => {
  it('leads where it should, and is what it was', async () => {
    const { document, bytes, findings } = await renderGolden(name)
    expect(findings).toEqual([])
    expect(verifyPdf(bytes, document, pdfium).findings).toEqual([])
    const golden: unknown = JSON.parse((await goldenFile(`${name}.json`)).toString())
    expect(structureOf(bytes, document, pdfium)).toEqual(golden)
  })

  it.skipIf(leftOut)(`is correct and looks as it did${leftOut && ', left out'}`, async () => {
    if (typeof programs === 'string') return
    const { document, bytes } = await renderGolden(name)
    await programs.check(bytes)
    for (const page of picturedPages(document)) {
      const drawn = await programs.drawnBy(bytes, page, goldenDotsPerInch)
      const difference = await differenceOf(drawn, await goldenFile(`${name}-${page}.png`))
      if (difference > differenceMax) await keep(`${name}-${page}.png`, drawn)
      expect(difference, `page ${page}; it is now as in .atrium/goldens`).toBeLessThanOrEqual(
        differenceMax,
      )
    }
  })

  it.skipIf(leftOut)(`looks the same in a preview${leftOut && ', left out'}`, async () => {
    if (typeof programs === 'string') return
    const { document, readAsset, bytes } = await renderGolden(name)
    const [page] = document.pages
    if (!page) throw new Error('a planner without pages')
    const svg = await renderSvg(document, page, { library, readAsset })
    const widthPx = Math.ceil((document.size.width * fineDotsPerInch) / 72)
    const preview = await rasterise(svg, document, widthPx)
    const difference = await coarseDifferenceOf(
      preview,
      await programs.drawnBy(bytes, 1, fineDotsPerInch),
    )
    if (difference > coarseDifferenceMax) await keep(`${name}-1-preview.png`, preview)
    expect(difference).toBeLessThanOrEqual(coarseDifferenceMax)
  })
})

async function keep(name: string, file: Buffer) {
  await mkdir(fileURLToPath(seen), { recursive: true })
  await writeFile(new URL(name, seen), file)
}
