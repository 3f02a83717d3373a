import type { CompiledDocument } from '../compiler/compiled.ts'
import type { Image } from '../compiler/compiled-widget.ts'
import type { Wanted } from './picture.ts'

/** A picture as one kind of greys or colours: it is embedded once, whatever shows it how often. */
export interface PictureUse {
  readonly assetId: string
  readonly wanted: Wanted
}

export const pictureKey = (assetId: string, isGrey: boolean) =>
  `${assetId} ${isGrey ? 'grey' : 'colour'}`

/** The pictures of a document, each at the largest size at which a page shows it. */
export function pictureUses(document: CompiledDocument): Map<string, PictureUse> {
  const uses = new Map<string, PictureUse>()
  for (const widget of imagesOf(document)) addUse(uses, widget, document)
  return uses
}

function* imagesOf({ forms, pages }: CompiledDocument): Iterable<Image> {
  const layers = pages.flatMap((page) => page.layers)
  const own = layers.flatMap((layer) => (layer.kind === 'own' ? layer.widgets : []))
  for (const widget of [...forms.flatMap(({ widgets }) => widgets), ...own]) {
    if (widget.type === 'image') yield widget
  }
}

function addUse(uses: Map<string, PictureUse>, widget: Image, { device }: CompiledDocument) {
  const { assetId, box, convertToGrayscale, fit } = widget
  if (assetId === null) return
  const isGrey = convertToGrayscale || !device.color
  const key = pictureKey(assetId, isGrey)
  const before = uses.get(key)?.wanted
  const largest = Math.max(device.widthPx, device.heightPx)
  const pixels = (points: number) =>
    Math.max(1, Math.min(largest, Math.ceil((points / 72) * device.ppi)))
  // As large as it is: a point of the page may be several pixels of the device, none of them new.
  const widthPx = fit === 'actual' ? largest : pixels(box.width)
  const heightPx = fit === 'actual' ? largest : pixels(box.height)
  uses.set(key, {
    assetId,
    wanted: {
      widthPx: Math.max(widthPx, before?.widthPx ?? 0),
      heightPx: Math.max(heightPx, before?.heightPx ?? 0),
      isStretched: fit === 'stretch' || before?.isStretched === true,
      isGrey,
      greyLevels: device.greyLevels,
    },
  })
}
