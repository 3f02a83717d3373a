import type { CompiledDocument, CompiledPage } from '../compiler/compiled.ts'
import type { CompiledWidget } from '../compiler/compiled-widget.ts'
import type { Typesetter } from '../fonts/typesetter.ts'
import type { Mark, Tickbox } from '../layout/display-list.ts'
import { layOut } from '../layout/lay-out.ts'
import { createContent } from './content.ts'
import type { DocumentResources } from './resources.ts'

export interface DrawnPage {
  /** The operators of its content. */
  readonly text: string
  readonly tickboxes: readonly Tickbox[]
}

/** Draws pages, and what pages have in common when the first of them shows it. */
export function createPageDrawing(
  { forms, size, export: mode }: CompiledDocument,
  typesetter: Typesetter,
  resources: DocumentResources,
): (page: CompiledPage) => DrawnPage {
  const shown = new Map<number, DrawnForm>()
  const drawsTickboxes = mode !== 'interactive'
  const newContent = () => createContent({ height: size.height, resources, drawsTickboxes })
  const lay = (widgets: readonly CompiledWidget[]): Mark[] =>
    widgets.flatMap((widget) => layOut(widget, typesetter))

  function showForm(index: number): DrawnForm {
    const known = shown.get(index)
    if (known) return known
    const form = forms[index]
    if (!form) throw new Error(`There is no form ${index}.`)
    const marks = lay(form.widgets)
    const content = newContent()
    content.draw(marks)
    const name = resources.addForm(content.text(), size)
    const drawn = { name, tickboxes: marks.filter(isTickbox) }
    shown.set(index, drawn)
    return drawn
  }

  return ({ layers }) => {
    if (mode === 'navigation_only') return { text: '', tickboxes: [] }
    const content = newContent()
    const tickboxes: Tickbox[] = []
    for (const layer of layers) {
      if (layer.kind === 'form') {
        const form = showForm(layer.form)
        content.show(form.name)
        tickboxes.push(...form.tickboxes)
        continue
      }
      const marks = lay(layer.widgets)
      content.draw(marks)
      tickboxes.push(...marks.filter(isTickbox))
    }
    return { text: content.text(), tickboxes }
  }
}

interface DrawnForm {
  readonly name: string
  readonly tickboxes: readonly Tickbox[]
}

const isTickbox = (mark: Mark): mark is Tickbox => mark.kind === 'tickbox'
