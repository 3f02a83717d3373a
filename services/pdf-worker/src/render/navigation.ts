import type { NamedDestination, OutlineEntry } from '../compiler/compiled.ts'
import type { ObjectWriter, WrittenObject } from './object-writer.ts'
import { dictionary, number, text } from './pdf-syntax.ts'
import type { Reference } from './pdfkit-document.ts'

/** Where things of a document lie. */
export interface PagePlan {
  /** By number, from 1. */
  page(number: number): Reference
  readonly height: number
}

/** Left 0, and the zoom as it is. */
export function destination({ page, height }: PagePlan, target: { page: number; top: number }) {
  return `[${page(target.page).id} 0 R /XYZ 0 ${number(height - target.top)} null]`
}

const leafMax = 64 // names in a leaf of the tree

/**
 * The tree of named destinations, in the order of their bytes, by which readers search. (pdfkit's
 * own sorts by the rules of a language, and is searched in vain.)
 */
export function writeDestinations(
  names: readonly NamedDestination[],
  plan: PagePlan,
  writer: ObjectWriter,
): Reference | undefined {
  if (names.length === 0) return undefined
  const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
  const objects: WrittenObject[] = []
  const kids: Reference[] = []
  for (let from = 0; from < sorted.length; from += leafMax) {
    const leaf = sorted.slice(from, from + leafMax)
    const reference = writer.reserve()
    kids.push(reference)
    const entries = leaf.map(({ name, page, top }) => {
      const at = `[${plan.page(page).id} 0 R /FitH ${number(plan.height - top)}]`
      return `${text(name)} ${at}`
    })
    const limits = `[${text(leaf[0]?.name ?? '')} ${text(leaf.at(-1)?.name ?? '')}]`
    const value = dictionary({ Limits: limits, Names: `[${entries.join(' ')}]` })
    objects.push({ reference, value })
  }
  const root = writer.reserve()
  const list = kids.map(({ id }) => `${id} 0 R`).join(' ')
  writer.write([...objects, { reference: root, value: dictionary({ Kids: `[${list}]` }) }])
  return root
}

/** All closed: a planner's outline has hundreds of entries. */
export function writeOutlines(
  entries: readonly OutlineEntry[],
  plan: PagePlan,
  writer: ObjectWriter,
): Reference | undefined {
  if (entries.length === 0) return undefined
  const root = writer.reserve()
  const objects: WrittenObject[] = []
  const ends = outlineLevel(entries, root, plan, writer, objects)
  const value = dictionary({ Type: '/Outlines', ...ends, Count: String(entries.length) })
  writer.write([...objects, { reference: root, value }])
  return root
}

function outlineLevel(
  entries: readonly OutlineEntry[],
  parent: Reference,
  plan: PagePlan,
  writer: ObjectWriter,
  objects: WrittenObject[],
): { First: string; Last: string } {
  const references = entries.map(() => writer.reserve())
  const at = (index: number) => {
    const reference = references[index]
    return reference && `${reference.id} 0 R`
  }
  entries.forEach((entry, index) => {
    const reference = references[index]
    if (!reference) return
    const hasChildren = entry.children.length > 0
    const value = dictionary({
      Title: text(entry.title),
      Parent: `${parent.id} 0 R`,
      Prev: index === 0 ? undefined : at(index - 1),
      Next: at(index + 1),
      ...(hasChildren ? outlineLevel(entry.children, reference, plan, writer, objects) : {}),
      Count: hasChildren ? String(-entry.children.length) : undefined,
      Dest: destination(plan, entry),
    })
    objects.push({ reference, value })
  })
  return { First: at(0) ?? '', Last: at(references.length - 1) ?? '' }
}
