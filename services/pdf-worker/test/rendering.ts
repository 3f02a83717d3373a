import { Writable } from 'node:stream'
import type { CompiledDocument } from '../src/compiler/compiled.ts'
import { createFontLibrary } from '../src/fonts/library.ts'
import { type RenderOptions, fixedDate, renderPdf } from '../src/render/render-pdf.ts'

export const library = createFontLibrary()

/** A document as bytes, and what was found while it was drawn. */
export async function rendered(document: CompiledDocument, options: Partial<RenderOptions> = {}) {
  const chunks: Buffer[] = []
  const out = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk)
      done()
    },
  })
  const readAsset = () => Promise.resolve(undefined)
  const fixed = { library, readAsset, createdAt: fixedDate }
  const result = await renderPdf(document, { ...fixed, ...options, out })
  return { ...result, bytes: Buffer.concat(chunks) }
}
