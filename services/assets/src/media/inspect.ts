import { imageTypeOf } from '../images/image-type.ts'
import type { ImageWorkshop } from '../images/workshop.ts'

/** What is told of an image; nothing of other files. */
export interface Dimensions {
  readonly width?: number
  readonly height?: number
}

/**
 * Looks into a file of which `head` is the beginning. Throws Rejection `image-invalid`,
 * `image-too-many-pixels` or `svg-active` for an image that is not to be kept.
 */
export type InspectMedia = (head: Buffer, whole: () => Promise<Buffer>) => Promise<Dimensions>

/** Only what is taken as a picture is looked into; no other decoder sees anything. */
export const createInspection =
  ({ inspect }: Pick<ImageWorkshop, 'inspect'>): InspectMedia =>
  async (head, whole) => {
    if (imageTypeOf(head) === undefined) return {}
    const { width, height } = await inspect(whole)
    return { width, height }
  }
