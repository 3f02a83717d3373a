import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { deviceOf } from '@atrium/contracts/planner/devices.ts'
import sharp, { type Sharp } from 'sharp'
import type { CompiledDocument } from '../src/compiler/compiled.ts'
import type { Pdfium } from '../src/verify/pdfium.ts'
import { goldenAssets } from './golden-pictures.ts'
import { compile } from './planner-content.ts'
import { goldenPlanners } from './planners/all-planners.ts'
import { rendered } from './rendering.ts'

/*
 * What the planners look like, and what is in their files, as it was once looked at and found good.
 * `node services/pdf-worker/test/programs/golden-process.ts` writes it anew.
 */

export const goldenFolder = new URL('golden/', import.meta.url)
export const goldenNames = Object.keys(goldenPlanners)
/** Enough to see each line and letter. */
export const goldenDotsPerInch = 60

/** Compiled strictly for its device, and rendered as a deterministic document is. */
export async function renderGolden(name: string) {
  const content = goldenPlanners[name]?.()
  if (!content || !('metadata' in content)) throw new Error(`There is no planner ${name}.`)
  const { deviceProfile } = content.metadata as { deviceProfile: string }
  const device = deviceOf(deviceProfile)
  if (!device) throw new Error(`There is no device ${deviceProfile}.`)
  const document = compile(content, { device, strict: true })
  const assets = await goldenAssets()
  const readAsset = (id: string) => Promise.resolve(assets.get(id))
  return { document, readAsset, ...(await rendered(document, { readAsset })) }
}

/** The pages that are kept as pictures: the first two and the last. */
export function picturedPages({ pages }: CompiledDocument): number[] {
  return [...new Set([1, Math.min(2, pages.length), pages.length])]
}

/** What PDFium reads in the file, in lines that a person can compare. */
export function structureOf(bytes: Buffer, { pages }: CompiledDocument, pdfium: Pdfium) {
  const file = pdfium.open(bytes)
  try {
    const linksOf = (page: number) =>
      file.linksOf(page - 1).map(({ left, bottom, right, top, destination }) => {
        const area = [left, bottom, right, top].map((each) => each.toFixed(1)).join(' ')
        const { page: to = -1, top: height } = destination ?? {}
        return `${area} leads to page ${to + 1} at ${height?.toFixed(1)}`
      })
    return {
      pages: file.pageCount,
      size: file.sizeOf(0),
      destinations: file.destinationCount,
      outline: file
        .outline()
        .map(
          ({ title, level, destination }) => `${level} ${title} ${(destination?.page ?? -1) + 1}`,
        ),
      fonts: [...new Set(bytes.toString('latin1').match(/\/FontName \/\S+/g))].map((each) =>
        each.replace(/^.*\+/, ''),
      ),
      links: pages.map(({ number }) => linksOf(number).length),
      linksDigest: createHash('sha256')
        .update(pages.map(({ number }) => linksOf(number).join('\n')).join('\f'))
        .digest('hex'),
      linksOfFirstPage: linksOf(1),
    }
  } finally {
    file.close()
  }
}

const visible = 64 // of 255: more than edges differ in two versions of poppler

/** The share of pixels that look another grey. */
export async function differenceOf(one: Buffer, other: Buffer): Promise<number> {
  const [first, second] = await Promise.all([sharp(one), sharp(other)].map(greysOf))
  return first && second ? shareOf(first, second, visible) : 1
}

const coarseness = 10 // pixels that are taken together
const visibleFromAfar = 24

/** From so far away that edges do not count, but every line and letter does. */
export async function coarseDifferenceOf(one: Buffer, other: Buffer): Promise<number> {
  const { width, height } = await sharp(other).metadata()
  const size = { width: Math.round(width / coarseness), height: Math.round(height / coarseness) }
  const far = (file: Buffer) => greysOf(sharp(file).resize({ ...size, fit: 'fill' }))
  const [first, second] = await Promise.all([one, other].map(far))
  return first && second ? shareOf(first, second, visibleFromAfar) : 1
}

interface Greys {
  readonly pixels: Uint8Array
  readonly width: number
}

function shareOf(one: Greys, other: Greys, limit: number): number {
  if (one.width !== other.width || one.pixels.length !== other.pixels.length) return 1
  let different = 0
  one.pixels.forEach((value, index) => {
    if (Math.abs(value - (other.pixels[index] ?? 0)) > limit) different += 1
  })
  return different / one.pixels.length
}

async function greysOf(image: Sharp): Promise<Greys> {
  const greys = image.flatten({ background: '#FFFFFF' }).greyscale().raw()
  const { data, info } = await greys.toBuffer({ resolveWithObject: true })
  return { pixels: data, width: info.width }
}

/** As it lies in the repository: 16 greys, a few kilobytes. */
export const packedPng = (file: Buffer) =>
  sharp(file).greyscale().png({ palette: true, colours: 16, compressionLevel: 9 }).toBuffer()

export const goldenFile = (name: string) => readFile(new URL(name, goldenFolder))
