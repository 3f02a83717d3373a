import type { CompiledPage } from '../compiler/compiled.ts'
import type { Tickbox } from '../layout/display-list.ts'
import { type LinkArea, createLinkAreas } from '../layout/link-areas.ts'
import type { FormFields } from './form-fields.ts'
import { type PagePlan, destination } from './navigation.ts'
import { type ObjectWriter, type WrittenObject, packed } from './object-writer.ts'
import { createPageDrawing } from './page-drawing.ts'
import { dictionary, numbers } from './pdf-syntax.ts'
import type { Reference } from './pdfkit-document.ts'
import { createResources, type ResourcesOptions } from './resources.ts'
import { createStructure } from './structure.ts'

export interface Pages {
  readonly plan: PagePlan
  write(page: CompiledPage): void
  /** What pages share is written when it is known what that is. */
  end(): void
}

export interface PagesOptions extends ResourcesOptions {
  readonly fields: FormFields
}

export function createPages(options: PagesOptions): Pages {
  const { compiled, document, writer, typesetter, fields } = options
  const { size } = compiled
  const root = document._root.data.Pages
  const plan = planPages(options)
  const resources = createResources(options)
  const structure = createStructure(document, writer)
  const linkAreas = createLinkAreas(compiled)
  const draw = createPageDrawing(compiled, typesetter, resources)

  function annotations(page: CompiledPage, tickboxes: readonly Tickbox[]): WrittenObject[] {
    const links = linkAreas(page).map((area) => writeLink(area, plan, writer))
    if (compiled.export !== 'interactive') return links
    const reference = plan.page(page.number)
    const boxes = tickboxes.map((mark) => fields.add(mark, page.number, reference, size.height))
    return [...links, ...boxes]
  }

  return {
    plan,
    write(page) {
      const reference = plan.page(page.number)
      const { text, tickboxes } = draw(page)
      const added = annotations(page, tickboxes)
      const content = writer.reserve()
      const tagged = text === '' ? undefined : structure.tag(text, reference)
      const list = added.map((each) => `${each.reference.id} 0 R`).join(' ')
      const value = dictionary({
        Type: '/Page',
        Parent: `${root.id} 0 R`,
        MediaBox: `[${numbers(0, 0, size.width, size.height)}]`,
        Resources: `${resources.ofPages.id} 0 R`,
        Contents: `${content.id} 0 R`,
        Annots: list === '' ? undefined : `[${list}]`,
        Tabs: '/S',
        StructParents: tagged?.key,
      })
      writer.write([
        { reference: content, value: '', stream: packed(tagged?.text ?? '') },
        { reference, value },
        ...added,
        ...(tagged?.objects ?? []),
      ])
    },
    end() {
      resources.end()
      structure.end()
    },
  }
}

/** All pages have their numbers before the first is written: links lead forward, too. */
function planPages({ compiled, document, writer }: PagesOptions): PagePlan {
  const references = compiled.pages.map(() => writer.reserve())
  const { data } = document._root.data.Pages
  data['Kids'] = references
  data['Count'] = references.length
  return {
    height: compiled.size.height,
    page(number): Reference {
      const reference = references[number - 1]
      if (!reference) throw new Error(`There is no page ${number}.`)
      return reference
    },
  }
}

function writeLink({ box, target }: LinkArea, plan: PagePlan, writer: ObjectWriter) {
  const bottom = plan.height - box.y - box.height
  const rect = numbers(box.x, bottom, box.x + box.width, bottom + box.height)
  const entries = `/Type /Annot /Subtype /Link /Rect [${rect}] /Border [0 0 0] /F 4`
  const value = `<<${entries} /Dest ${destination(plan, target)}>>`
  return { reference: writer.reserve(), value }
}
