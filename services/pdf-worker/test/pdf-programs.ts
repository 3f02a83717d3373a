import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Program,
  findPrograms,
  poppler,
  qpdf,
} from '@atrium/platform/servers/install-programs.ts'

/** What poppler and qpdf say of a file. */
export interface PdfPrograms {
  /** Of one page, or of all. */
  textOf(bytes: Buffer, page?: number): Promise<string>
  /** Rejects where qpdf finds anything wrong. */
  check(bytes: Buffer): Promise<void>
  /** The page as PNG. */
  drawnBy(bytes: Buffer, page: number, dotsPerInch: number): Promise<Buffer>
  close(): Promise<void>
}

const bin = fileURLToPath(new URL('../../../.atrium/bin', import.meta.url))

/** The reason why they cannot be had, or the programs. */
export async function openPdfPrograms(): Promise<PdfPrograms | string> {
  try {
    return await openIn(await mkdtemp(join(tmpdir(), 'atrium-pdf-')))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function openIn(folder: string): Promise<PdfPrograms> {
  const { pdftotext, pdftoppm } = await findPrograms(poppler, bin)
  const { qpdf: checker } = await findPrograms(qpdf, bin)
  let count = 0
  const inFile = async <T>(bytes: Buffer, work: (path: string) => Promise<T>): Promise<T> => {
    const path = join(folder, `${(count += 1)}.pdf`)
    await writeFile(path, bytes)
    try {
      return await work(path)
    } finally {
      await rm(path)
    }
  }
  return {
    textOf: (bytes, page) =>
      inFile(bytes, async (path) => {
        const range = page === undefined ? [] : ['-f', `${page}`, '-l', `${page}`]
        return (await pdftotext.run([...range, '-layout', path, '-'])).stdout
      }),
    check: (bytes) => inFile(bytes, async (path) => void (await checker.run(['--check', path]))),
    drawnBy: (bytes, page, dotsPerInch) =>
      inFile(bytes, (path) => draw(pdftoppm, path, page, dotsPerInch)),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

async function draw(pdftoppm: Program, path: string, page: number, dotsPerInch: number) {
  const drawn = `${path}-page`
  const range = ['-f', `${page}`, '-l', `${page}`, '-singlefile']
  await pdftoppm.run([...range, '-r', `${dotsPerInch}`, '-gray', '-png', path, drawn])
  try {
    return await readFile(`${drawn}.png`)
  } finally {
    await rm(`${drawn}.png`)
  }
}
