import { createHash } from 'node:crypto'
import type { FieldError } from '@atrium/contracts/problem.ts'
import { isObject } from '@atrium/contracts/planner/fault-list.ts'
import { isEmpty, own, textFrom, type RawFields } from '@atrium/contracts/planner/fields.ts'
import { checkPlanner } from '@atrium/contracts/planner/validate.ts'
import { contentSizeBytesMax, descriptionLengthMax } from '@atrium/contracts/instances/project.ts'
import { parseJson } from '@atrium/platform/http/body.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { inCamelCase } from './camel-case.ts'
import { inlineImage, type InlineImage } from './inline-image.ts'

/** A project of the old platform as one of ours. */
export interface ConvertedProject {
  readonly name: string
  readonly description: string | null
  /** Whom the file names; the folder that it lies in may say better. */
  readonly author: string | null
  readonly publicSlug: string | null
  /** A planner's content, its pictures not yet named. */
  readonly content: RawFields
  readonly images: readonly FoundImage[]
  /** What was left out on the way, in words. */
  readonly notes: readonly string[]
  /** Why it cannot be a planner; none where it can. */
  readonly faults: readonly FieldError[]
}

/** A picture, once for each different one, and the widgets that show it. */
export interface FoundImage extends InlineImage {
  readonly sha256: string
  /** Where the content has to name it. */
  readonly pointers: readonly string[]
  readonly widgetId: string
}

const nameLengthMax = 100

/** Pure: nothing is read, sent or kept. */
export function convertProject(old: unknown): ConvertedProject {
  const notes: string[] = []
  const camel = inCamelCase(old)
  const root = isObject(camel) ? camel : {}
  const raw = isObject(own(root, 'metadata')) ? (own(root, 'metadata') as RawFields) : {}
  const { publicUrlSlug, ...metadata } = raw
  const publicSlug = textFrom(publicUrlSlug) ?? textFrom(own(raw, 'publicSlug')) ?? null
  const images = new Map<string, FoundImage>()
  const content = {
    ...root,
    metadata: { ...metadata, publicSlug },
    masters: withoutImages(own(root, 'masters'), images, notes),
  }
  const name = cut(textFrom(own(raw, 'name'))?.trim() || 'Planner', nameLengthMax, 'name', notes)
  const text = textFrom(own(raw, 'description'))
  const description =
    text === undefined ? null : cut(text, descriptionLengthMax, 'description', notes)
  return {
    name: name.replaceAll(/\p{Cc}+/gu, ' '),
    description,
    author: textFrom(own(raw, 'author')) ?? textFrom(own(raw, 'originalAuthor')) ?? null,
    publicSlug: own(raw, 'isPublic') === true ? publicSlug : null,
    content,
    images: [...images.values()],
    notes,
    faults: isObject(camel) ? faultsOf(content) : checkPlanner(camel),
  }
}

/** Of what would be sent: also what the platform takes of nobody. */
function faultsOf(content: RawFields): readonly FieldError[] {
  const bytes = Buffer.from(JSON.stringify(content))
  if (bytes.length > contentSizeBytesMax) {
    const detail = `has more than ${contentSizeBytesMax} bytes without its pictures`
    return [{ pointer: '', code: 'too-large', detail }]
  }
  try {
    parseJson(bytes)
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    return error.extensions['errors'] as readonly FieldError[]
  }
  return checkPlanner(content)
}

function cut(text: string, lengthMax: number, what: string, notes: string[]): string {
  const letters = Array.from(text)
  if (letters.length <= lengthMax) return text
  notes.push(`the ${what} is cut to ${lengthMax} characters`)
  return letters.slice(0, lengthMax).join('').trim()
}

function withoutImages(masters: unknown, images: Map<string, FoundImage>, notes: string[]) {
  if (!Array.isArray(masters)) return masters
  return masters.map((master: unknown, at) => {
    if (!isObject(master)) return master
    const widgets = own(master, 'widgets')
    if (!Array.isArray(widgets)) return master
    const pointer = `/masters/${at}/widgets`
    return {
      ...master,
      widgets: widgets.map((widget: unknown, index) =>
        withoutImage(widget, `${pointer}/${index}/properties/assetId`, images, notes),
      ),
    }
  })
}

function withoutImage(
  widget: unknown,
  pointer: string,
  images: Map<string, FoundImage>,
  notes: string[],
): unknown {
  const properties = isObject(widget) ? own(widget, 'properties') : undefined
  if (!isObject(widget) || !isObject(properties)) return widget
  const { imageData, ...others } = properties
  if (isEmpty(imageData)) return widget
  const bare = { ...widget, properties: others }
  if (own(widget, 'type') !== 'image') return bare
  const widgetId = textFrom(own(widget, 'id')) ?? ''
  const image = typeof imageData === 'string' ? inlineImage(imageData) : 'is no text'
  if (typeof image === 'string') {
    notes.push(`the picture of "${widgetId}" ${image}: it is left out`)
    return bare
  }
  const sha256 = createHash('sha256').update(image.bytes).digest('hex')
  const known = images.get(sha256)
  const pointers = [...(known?.pointers ?? []), pointer]
  images.set(sha256, { ...image, sha256, pointers, widgetId: known?.widgetId ?? widgetId })
  return bare
}
