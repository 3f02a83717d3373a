import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { createFontLibrary } from '../src/fonts/library.ts'
import { TaskRefused } from '../src/isolation/serve-tasks.ts'
import { doTask, type RenderKit } from '../src/rendering/do-task.ts'
import type { PdfValue, TaskAsset } from '../src/rendering/task.ts'
import { loadPdfium } from '../src/verify/pdfium.ts'
import { device, onePage, text, widget } from './planner-content.ts'

let kit: RenderKit
beforeAll(async () => {
  kit = { library: createFontLibrary(), pdfium: await loadPdfium() }
})

const assetId = `ast_${'7'.repeat(32)}`
const picture = widget('image', { id: 'picture', properties: { assetId } })
const lettering = widget('text_block', {
  id: 'letters',
  content: 'abc',
  styling: { font: assetId },
})

const make = async (shown: object, strict: boolean, assets: readonly TaskAsset[]) =>
  (await doTask(
    {
      kind: 'pdf',
      planner: normalisePlanner(onePage([text('x'), shown])),
      device,
      export: 'interactive',
      strict,
      today: null,
      createdAt: null,
      pagesMax: 10,
      assets,
    },
    { write: () => {}, progress: () => {} },
    kit,
  )) as PdfValue

const broken = [{ id: assetId, bytes: Buffer.from('neither a picture nor a font') }]

describe.each([
  ['a picture that is not there', picture, [], '/masters/0/widgets/1/properties/assetId'],
  ['a picture that is broken', picture, broken, '/masters/0/widgets/1/properties/assetId'],
  ['a font that is not there', lettering, [], '/masters/0/widgets/1/styling/font'],
  ['a font that is broken', lettering, broken, '/masters/0/widgets/1/styling/font'],
])('%s', (_, shown, assets, pointer) => {
  const named = { assetId, widgetId: shown.id, pointer }

  it('fails a strict document, which names it and the widget', async () => {
    const refusal = make(shown, true, assets).catch((error: unknown) => error)
    expect(await refusal).toBeInstanceOf(TaskRefused)
    expect(await refusal).toMatchObject({
      reason: { errorCode: 'missing-assets', diagnostics: [{ severity: 'error', ...named }] },
    })
  })

  it('is a warning otherwise', async () => {
    const { pageCount, diagnostics } = await make(shown, false, assets)
    expect(pageCount).toBe(1)
    expect(diagnostics).toMatchObject([{ severity: 'warning', ...named }])
  })
})
