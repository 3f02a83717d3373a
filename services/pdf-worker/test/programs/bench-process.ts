import { createWriteStream, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import type { CompiledDocument } from '../../src/compiler/compiled.ts'
import { faceOf, faces } from '../../src/fonts/faces.ts'
import { createFontLibrary } from '../../src/fonts/library.ts'
import { createTypesetter } from '../../src/fonts/typesetter.ts'
import { layOut } from '../../src/layout/lay-out.ts'
import { createLinkAreas } from '../../src/layout/link-areas.ts'
import { fixedDate, renderPdf } from '../../src/render/render-pdf.ts'
import { compile } from '../planner-content.ts'
import { sizedDaybook } from '../planners/daybook.ts'

// Renders a planner for the measurements, as often as its parent asks. Arguments: what to do, how
// many pages, `dots` or `plain` for a planner without grids of dots, and where to write to.
//
//   drawing  writes the planner as marks and links with places, for others to draw
//   serve    draws as many documents as each message says, and answers how long it took

const [deed, pagesWanted = '100', kind = 'dots', path = ''] = process.argv.slice(2)
const document = compile(sizedDaybook(Number(pagesWanted), kind === 'dots'), {
  export: 'flattened',
})
const library = createFontLibrary()

if (deed === 'drawing') writeFileSync(path, JSON.stringify(drawingOf(document)))
if (deed === 'serve') {
  process.on('message', (count: number) => void serve(count))
  process.send?.('ready')
}

async function serve(count: number) {
  const startedAt = performance.now()
  for (let each = 0; each < count; each += 1) {
    await renderPdf(document, {
      library,
      readAsset: () => Promise.resolve(undefined),
      out: createWriteStream(path),
      createdAt: fixedDate,
    })
  }
  const tookMs = performance.now() - startedAt
  const peakBytes = process.resourceUsage().maxRSS * 1_024
  process.send?.({ tookMs, peakBytes, pages: document.pages.length * count })
  setImmediate(() => globalThis.gc?.()) // as a render process does when it has answered
}

/** All that another library needs to draw the same pages; the work of the layout is done for it. */
function drawingOf({ size, pages, forms, navigation, locale, title }: CompiledDocument) {
  const typesetter = createTypesetter({ library, locale, tenantFonts: new Map() })
  const linksOf = createLinkAreas(document)
  const drawn = pages.map((page) => ({
    marks: page.layers.flatMap((layer) => {
      const widgets = layer.kind === 'form' ? (forms[layer.form]?.widgets ?? []) : layer.widgets
      return widgets.flatMap((widget) => layOut(widget, typesetter))
    }),
    links: linksOf(page).map(({ box, target: { page: to, top } }) => ({ box, page: to, top })),
  }))
  const used = drawn.flatMap(({ marks }) =>
    marks.flatMap((mark) => (mark.kind === 'text' ? [mark.font] : [])),
  )
  const fonts = Object.fromEntries([...new Set(used)].map((font) => [font, fileOf(font)]))
  return { title, size, pages: drawn, outlines: navigation.outlines, fonts }
}

function fileOf(font: string) {
  const file = faces.get(faceOf(font))
  if (!file) throw new Error(`There is no face ${font}.`)
  const { resolve } = createRequire(import.meta.url)
  return join(dirname(resolve(`${file.package}/package.json`)), file.path)
}
