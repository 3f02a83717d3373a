import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('..', import.meta.url))

/** What decides the bytes of a PDF, beside the planner. */
const folders = ['compiler', 'fonts', 'layout', 'pictures', 'render', 'rendering', 'verify']
const packages = ['pdfkit', 'fontkit', 'sharp', '@embedpdf/pdfium']

/**
 * A hash of the code that makes PDFs and of the versions of what it stands on: with other code, a
 * PDF that is stored already is not the answer. Nobody has to remember to raise a number.
 */
export function rendererVersionOf(): string {
  const hash = createHash('sha256')
  for (const folder of folders) {
    for (const name of readdirSync(join(source, folder)).toSorted()) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue
      hash.update(`${folder}/${name}\n`).update(readFileSync(join(source, folder, name)))
    }
  }
  for (const name of packages) {
    const file = findPackageJSON(name, import.meta.url)
    if (file === undefined) throw new Error(`${name} is not installed`)
    hash.update(readFileSync(file))
  }
  return hash.digest('hex')
}
