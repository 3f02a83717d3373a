import type { CompiledDocument } from '../compiler/compiled.ts'
import type { FontFinding } from '../fonts/typesetter.ts'
import { type Picture, readPicture } from '../pictures/picture.ts'
import { PictureUnreadable } from '../pictures/svg-safety.ts'
import { pictureUses } from '../pictures/uses.ts'

/** The bytes of an asset; undefined where there is none, or none for this tenant. */
export type ReadAsset = (assetId: string) => Promise<Buffer | undefined>

export type RenderFinding =
  | FontFinding
  | {
      readonly code: 'picture-missing' | 'picture-unreadable' | 'font-missing'
      /** Which asset, and what is wrong with it. */
      readonly detail: string
    }

const assetId = /^ast_/
const noAsset = 'there is no such asset, or it is another’s'

/** The fonts of the tenant that a document names; a missing one is drawn in another face. */
export async function readFonts({ fonts }: CompiledDocument, readAsset: ReadAsset) {
  const files = new Map<string, Buffer>()
  const findings: RenderFinding[] = []
  for (const name of fonts.filter((each) => assetId.test(each))) {
    const bytes = await readAsset(name)
    if (bytes) files.set(name, bytes)
    else findings.push({ code: 'font-missing', detail: `${name}: ${noAsset}` })
  }
  return { files, findings }
}

export interface DocumentPictures {
  /** By `pictureKey`. */
  readonly pictures: ReadonlyMap<string, Picture>
  readonly findings: readonly RenderFinding[]
}

/** A picture that is missing or broken is left out and told of; the document is not lost for it. */
export async function readPictures(
  compiled: CompiledDocument,
  readAsset: ReadAsset,
): Promise<DocumentPictures> {
  const pictures = new Map<string, Picture>()
  const findings: RenderFinding[] = []
  if (compiled.export === 'navigation_only') return { pictures, findings }
  for (const [key, use] of pictureUses(compiled)) {
    const bytes = await readAsset(use.assetId)
    if (!bytes) {
      findings.push({ code: 'picture-missing', detail: `${use.assetId}: ${noAsset}` })
      continue
    }
    try {
      pictures.set(key, await readPicture(bytes, use.wanted))
    } catch (error) {
      if (!(error instanceof PictureUnreadable)) throw error
      findings.push({ code: 'picture-unreadable', detail: `${use.assetId}: ${error.message}` })
    }
  }
  return { pictures, findings }
}
