import { mkdir, rm, writeFile } from 'node:fs/promises'
import process from 'node:process'
import sharp from 'sharp'
import { loadPdfium } from '../../src/verify/pdfium.ts'
import {
  goldenDotsPerInch,
  goldenFolder,
  goldenNames,
  packedPng,
  picturedPages,
  renderGolden,
  structureOf,
} from '../golden.ts'
import { type PdfPrograms, openPdfPrograms } from '../pdf-programs.ts'
import { compile } from '../planner-content.ts'
import { daybook } from '../planners/daybook.ts'
import { rendered } from '../rendering.ts'

// Draws every golden planner anew, and keeps what it looks like: npm run goldens. Look at the
// difference before you commit it. Pages of one more are the pictures of the READMEs.

const picturesFolder = new URL('../../../../docs/pictures/', import.meta.url)
const pagesOfReadme = { index: 1, month: 2, day: 7 } as const
const readmeDotsPerInch = 110

const programs = await openPdfPrograms()
if (typeof programs === 'string') {
  console.error(programs)
  process.exit(1)
}
const pdfium = await loadPdfium()
await rm(goldenFolder, { recursive: true, force: true })
await mkdir(goldenFolder)
for (const name of goldenNames) {
  const { document, bytes } = await renderGolden(name)
  const structure = structureOf(bytes, document, pdfium)
  await writeFile(new URL(`${name}.json`, goldenFolder), `${JSON.stringify(structure, null, 2)}\n`)
  for (const page of picturedPages(document)) {
    const drawn = await programs.drawnBy(bytes, page, goldenDotsPerInch)
    await writeFile(new URL(`${name}-${page}.png`, goldenFolder), await packedPng(drawn))
  }
  console.log(`${name}: ${document.pages.length} pages`)
}
await writePictures(programs)
await programs.close()

async function writePictures({ drawnBy }: PdfPrograms) {
  const year = daybook({ startDate: '2026-01-01', endDate: '2026-12-31', notes: 12 })
  const { bytes } = await rendered(compile(year, { strict: true }))
  for (const [name, page] of Object.entries(pagesOfReadme)) {
    const fine = sharp(await drawnBy(bytes, page, readmeDotsPerInch * 2))
    const { width } = await fine.metadata()
    const smooth = await fine.resize({ width: Math.round(width / 2) }).toBuffer()
    const edge = { top: 1, bottom: 1, left: 1, right: 1, background: '#999999' }
    const framed = await sharp(smooth).extend(edge).png().toBuffer()
    await writeFile(new URL(`planner-${name}.png`, picturesFolder), await packedPng(framed))
  }
}
