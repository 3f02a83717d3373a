import { Buffer } from 'node:buffer'
import { Writable } from 'node:stream'
import type { JobErrorCode } from '@atrium/contracts/pdf/schema.ts'
import { compilePlanner, type Compilation } from '../compiler/compile.ts'
import type { CompiledDocument, CompileFinding } from '../compiler/compiled.ts'
import type { FontLibrary } from '../fonts/library.ts'
import { TaskRefused, type TaskTools } from '../isolation/serve-tasks.ts'
import type { ReadAsset } from '../render/assets.ts'
import { rasterise } from '../render/raster.ts'
import { fixedDate, renderPdf } from '../render/render-pdf.ts'
import { renderSvg } from '../render/svg-surface.ts'
import { verifyPdf } from '../verify/verify-pdf.ts'
import type { Pdfium } from '../verify/pdfium.ts'
import {
  diagnosticOf,
  isMissing,
  ofAsset,
  renderDiagnosticOf,
  told,
  verifyDiagnosticOf,
} from './diagnostics.ts'
import type { LintReport } from '@atrium/contracts/pdf/design-http.ts'
import { fixPlanner, lintPlanner } from '../lint/lint.ts'
import { retargetPlanner } from '../lint/retarget.ts'
import type { LintTask, PdfTask, PdfValue, PreviewTask, Refusal, RenderTask } from './task.ts'

/** What a process has once for all its tasks. It keeps nothing of any of them. */
export interface RenderKit {
  readonly library: FontLibrary
  readonly pdfium: Pdfium
}

/** Does what a render process is asked. Throws TaskRefused for what lies in the planner. */
export async function doTask(task: RenderTask, tools: TaskTools, kit: RenderKit): Promise<unknown> {
  switch (task.kind) {
    case 'pdf':
      return await makePdf(task, tools, kit)
    case 'preview':
      return await drawPreview(task, tools, kit)
    case 'lint':
      return lint(task)
  }
}

/**
 * Compiles, renders, and reads what came out with a library that shares nothing with the renderer:
 * how many pages there are, and where each link leads, is what that one says.
 */
async function makePdf(task: PdfTask, tools: TaskTools, kit: RenderKit): Promise<PdfValue> {
  const { strict } = task
  const document = documentOf(compilePlanner(task.planner, task), task)
  if (strict) refuseMissing(document, task)
  const file: Buffer[] = []
  const out = new Writable({
    write(bytes: Buffer, _, done) {
      tools.write(bytes)
      file.push(bytes)
      done()
    },
  })
  const rendered = await renderPdf(document, {
    library: kit.library,
    readAsset: assetsOf(task),
    out,
    createdAt: task.createdAt === null ? fixedDate : new Date(task.createdAt),
    onProgress: tools.progress,
  })
  const verified = verifyPdf(Buffer.concat(file), document, kit.pdfium)
  const diagnostics = told([
    ...verified.findings.map((finding) => verifyDiagnosticOf(finding, strict)),
    ...document.warnings.map((finding) => diagnosticOf(finding, strict)),
    ...rendered.findings.map((finding) => renderDiagnosticOf(finding, task.planner, strict)),
  ])
  const isOther = verified.pageCount !== document.pages.length
  if (isOther || (strict && verified.findings.length > 0)) {
    throw refused('verification-failed', 'The PDF is not what was compiled', diagnostics)
  }
  if (strict && rendered.findings.some(isMissing)) {
    throw refused('missing-assets', 'A picture or a font cannot be read', diagnostics)
  }
  return { pageCount: verified.pageCount, diagnostics }
}

async function drawPreview(task: PreviewTask, tools: TaskTools, { library }: RenderKit) {
  const { page: onlyPage, device } = task
  const compilation = compilePlanner(task.planner, { ...task, strict: false, onlyPage })
  const document = documentOf(compilation, { ...task, strict: false })
  const [page] = document.pages
  if (!page) throw refused('invalid-project', `There is no page ${onlyPage}`)
  const svg = await renderSvg(document, page, { library, readAsset: assetsOf(task) })
  const isPortrait = document.size.width <= document.size.height
  const sides = [device.widthPx, device.heightPx]
  const widthPx = isPortrait ? Math.min(...sides) : Math.max(...sides)
  tools.write(task.format === 'svg' ? Buffer.from(svg) : await rasterise(svg, document, widthPx))
  return null
}

/** Findings told of one planner. */
const findingsMax = 1_000

function lint({ content, device, madeFor, fix }: LintTask): LintReport {
  const target = fix ? retargetPlanner(content, device, madeFor) : content
  const { findings, content: project } = fix
    ? fixPlanner(target, device)
    : { findings: lintPlanner(target, device), content: undefined }
  return {
    findings: findings.slice(0, findingsMax),
    findingsTotal: findings.length,
    ...(fix ? { project } : {}),
  }
}

/** The compiled document, or TaskRefused with what is wrong. */
function documentOf(
  compilation: Compilation,
  { strict, pagesMax }: Pick<PdfTask, 'strict' | 'pagesMax'>,
): CompiledDocument {
  switch (compilation.status) {
    case 'compiled':
      return compilation.document
    case 'empty':
      throw refused('invalid-project', 'The plan has no pages')
    case 'failed': {
      const { errors } = compilation
      const diagnostics = told(errors.map((finding) => diagnosticOf(finding, strict)))
      throw refused(codeOf(errors), sentenceOf(errors), diagnostics)
    }
    case 'too-large': {
      const { code, limit, pages } = compilation
      if (code !== 'too-many-pages') {
        throw refused('plan-too-large', `The planner makes more than it may: ${code}, ${limit}`)
      }
      throw new TaskRefused({
        errorCode: 'page-limit-exceeded',
        errorMessage: `The plan has ${pages} pages; ${limit} are allowed`,
        limit: { setting: 'MAX_PDF_PAGES', limit: pagesMax, value: pages, unit: 'pages' },
        diagnostics: [],
      } satisfies Refusal)
    }
  }
}

/** Of everything that fails a strict document, what most people have to mend. */
function codeOf(errors: readonly CompileFinding[]): JobErrorCode {
  if (errors.some(({ code }) => code === 'dead-link')) return 'dead-links'
  if (errors.some(({ code }) => code === 'image-missing')) return 'missing-assets'
  return 'invalid-project'
}

function sentenceOf(errors: readonly CompileFinding[]): string {
  const counts = new Map<string, number>()
  for (const { code } of errors) counts.set(code, (counts.get(code) ?? 0) + 1)
  return `Strict: ${[...counts].map(([code, count]) => `${count} × ${code}`).join(', ')}`
}

/** A strict document is not drawn at all where something of it is not there. */
function refuseMissing(document: CompiledDocument, { assets, planner }: PdfTask): void {
  const { imageAssetIds, fonts } = document
  const present = new Set(assets.map(({ id }) => id))
  const named = [...imageAssetIds, ...fonts.filter((font) => font.startsWith('ast_'))]
  const missing = named.filter((id) => !present.has(id))
  if (missing.length === 0) return
  const diagnostics = missing.map((id) => ({
    severity: 'error' as const,
    code: 'asset-missing',
    message: 'There is no such asset, or it is another’s',
    ...ofAsset(id, planner),
  }))
  throw refused('missing-assets', `${missing.length} assets are missing`, told(diagnostics))
}

const refused = (
  errorCode: JobErrorCode,
  errorMessage: string,
  diagnostics: Refusal['diagnostics'] = [],
) => new TaskRefused({ errorCode, errorMessage, diagnostics } satisfies Refusal)

function assetsOf({ assets }: PdfTask | PreviewTask): ReadAsset {
  const byId = new Map(assets.map(({ id, bytes }) => [id, bytes]))
  return (id) => {
    const bytes = byId.get(id)
    return Promise.resolve(bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }
}
