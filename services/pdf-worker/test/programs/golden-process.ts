import { mkdir, rm, writeFile } from 'node:fs/promises'
import process from 'node:process'
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
import { openPdfPrograms } from '../pdf-programs.ts'

// Draws every golden planner anew, and keeps what it looks like: npm run goldens. Look at the
// difference before you commit it.

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
await programs.close()
