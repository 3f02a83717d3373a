import type { CompiledDocument, CompiledPage } from '../compiler/compiled.ts'
import type { FontLibrary } from '../fonts/library.ts'
import { type Typesetter, createTypesetter } from '../fonts/typesetter.ts'
import type { Mark, Picture as PictureMark, TextMark } from '../layout/display-list.ts'
import { layOut } from '../layout/lay-out.ts'
import type { Picture } from '../pictures/picture.ts'
import { pictureKey } from '../pictures/uses.ts'
import { type ReadAsset, readFonts, readPictures } from './assets.ts'
import { placePicture } from './document-pictures.ts'
import { escapeXml } from './metadata.ts'
import { number, numbers } from './pdf-syntax.ts'
import { encodePng } from './raster.ts'
import { svgShape } from './svg-path.ts'
import { drawnTickbox } from './tickbox.ts'

export interface PreviewOptions {
  readonly library: FontLibrary
  readonly readAsset: ReadAsset
}

/**
 * One page as a drawing, by the same layout as the PDF. Letters are outlines, so that it looks the
 * same wherever it is shown, and no font has to be there.
 */
export async function renderSvg(
  compiled: CompiledDocument,
  page: CompiledPage,
  { library, readAsset }: PreviewOptions,
): Promise<string> {
  const alone = { ...compiled, pages: [page], forms: formsOf(compiled, page) }
  const fonts = await readFonts(compiled, readAsset)
  const { pictures } = await readPictures(alone, readAsset)
  const { locale, size, device } = compiled
  const drawing: Drawing = {
    typesetter: createTypesetter({ library, locale, tenantFonts: fonts.files }),
    pictures,
    isGrey: !device.color,
    letters: new Map(),
    files: await pictureFiles(pictures),
    clips: [],
  }
  const marks = marksOf(compiled, page, drawing.typesetter)
  const body = marks.map((mark) => drawMark(mark, drawing)).join('')
  const { width, height } = size
  const view = `width="${number(width)}pt" height="${number(height)}pt"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${view} viewBox="0 0 ${numbers(width, height)}"`,
    ` xml:lang="${locale}"><title>${escapeXml(compiled.title)}, ${page.number}</title>`,
    `<defs>${[...drawing.letters.values()].map(({ element }) => element).join('')}`,
    `${drawing.clips.join('')}</defs>`,
    `<rect width="100%" height="100%" fill="#FFFFFF"/>${body}</svg>`,
  ].join('')
}

interface Drawing {
  readonly typesetter: Typesetter
  readonly pictures: ReadonlyMap<string, Picture>
  readonly isGrey: boolean
  /** Outlines that were used, by font and letter. */
  readonly letters: Map<string, { readonly id: string; readonly element: string }>
  readonly files: ReadonlyMap<string, string>
  readonly clips: string[]
}

/** Only the forms that the page shows, so that no other's pictures are read. */
function formsOf({ forms }: CompiledDocument, page: CompiledPage) {
  const shown = page.layers.flatMap((layer) => (layer.kind === 'form' ? [layer.form] : []))
  return forms.map((form, index) => (shown.includes(index) ? form : { ...form, widgets: [] }))
}

function marksOf({ forms, export: mode }: CompiledDocument, page: CompiledPage, set: Typesetter) {
  if (mode === 'navigation_only') return []
  return page.layers.flatMap((layer) => {
    const widgets = layer.kind === 'form' ? (forms[layer.form]?.widgets ?? []) : layer.widgets
    return widgets.flatMap((widget) => layOut(widget, set))
  })
}

async function pictureFiles(pictures: ReadonlyMap<string, Picture>) {
  const files = new Map<string, string>()
  for (const [key, picture] of pictures) {
    const { content } = picture
    const isJpeg = content.kind === 'jpeg'
    const bytes = isJpeg ? content.bytes : await encodePng(picture.width, picture.height, content)
    files.set(key, `data:image/${isJpeg ? 'jpeg' : 'png'};base64,${bytes.toString('base64')}`)
  }
  return files
}

function drawMark(mark: Mark, drawing: Drawing): string {
  switch (mark.kind) {
    case 'fill':
      return svgShape(mark.shape, `fill="${mark.color}"${opacity(mark.opacity)}`)
    case 'stroke': {
      const dash = mark.dash.length === 0 ? '' : ` stroke-dasharray="${mark.dash.join(' ')}"`
      const cap = mark.cap === 'butt' ? '' : ` stroke-linecap="${mark.cap}"`
      const pen = `stroke="${mark.color}" stroke-width="${number(mark.width)}"${dash}${cap}`
      return svgShape(mark.shape, `fill="none" ${pen}${opacity(mark.opacity)}`)
    }
    case 'text':
      return drawText(mark, drawing)
    case 'picture':
      return drawPicture(mark, drawing)
    case 'tickbox':
      return drawnTickbox(mark)
        .map((part) => drawMark(part, drawing))
        .join('')
  }
}

const opacity = (value: number) => (value >= 1 ? '' : ` opacity="${number(value)}"`)

const turns = { right: 0, down: 90, up: -90 } as const

/** Outlines have thousandths of the size as units, and y upwards. */
function drawText(mark: TextMark, drawing: Drawing): string {
  const scale = mark.size / 1_000
  let at = 0
  const letters = drawing.typesetter.shape(mark.text, mark.font).runs.flatMap((run) =>
    run.glyphs.map((glyph, index) => {
      const x = at
      at += glyph.advance + (run.kerning[index] ?? 0)
      const key = `${run.font.name} ${glyph.id}`
      let letter = drawing.letters.get(key)
      if (!letter) {
        const id = `l${drawing.letters.size}`
        letter = { id, element: `<path id="${id}" d="${run.font.outlineOf(glyph)}"/>` }
        drawing.letters.set(key, letter)
      }
      return `<use href="#${letter.id}" x="${number(x)}"/>`
    }),
  )
  const turn = turns[mark.direction] === 0 ? '' : ` rotate(${turns[mark.direction]})`
  const scaled = ` scale(${scale.toFixed(6)} ${(-scale).toFixed(6)})`
  const transform = `translate(${numbers(mark.x, mark.y)})${turn}${scaled}`
  const group = `<g fill="${mark.color}" transform="${transform}">${letters.join('')}</g>`
  if (!mark.clip) return group
  const id = `c${drawing.clips.length}`
  const shape = { kind: 'rectangle' as const, box: mark.clip, radius: 0 }
  drawing.clips.push(`<clipPath id="${id}">${svgShape(shape, '')}</clipPath>`)
  return `<g clip-path="url(#${id})">${group}</g>`
}

function drawPicture(mark: PictureMark, drawing: Drawing): string {
  const key = pictureKey(mark.assetId, mark.isGrey || drawing.isGrey)
  const picture = drawing.pictures.get(key)
  const file = drawing.files.get(key)
  if (!picture || file === undefined) return ''
  const { x, y, width, height } = placePicture(mark, picture)
  const place = `x="${number(x)}" y="${number(y)}" width="${number(width)}"`
  const size = `height="${number(height)}" preserveAspectRatio="none"`
  return `<image ${place} ${size} href="${file}"${opacity(mark.opacity)}/>`
}
