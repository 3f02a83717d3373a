import type { Form, Layer } from './compiled.ts'
import type { CompiledWidget } from './compiled-widget.ts'
import type { Look } from './page-widgets.ts'

/** Drawn once and shown on so many pages, type is worth a form of its own. */
const usesMin = 3
/** What is costly to draw is worth one as soon as two pages show it. */
const costlyUsesMin = 2
const costly: ReadonlySet<CompiledWidget['type']> = new Set([
  'calendar',
  'day_list',
  'dot_grid',
  'image',
  'lines',
  'link_list',
  'table',
])

export interface Layering {
  readonly forms: readonly Form[]
  /** By page, in the order given. */
  readonly layers: readonly (readonly Layer[])[]
}

export interface PageLooks {
  readonly master: string
  /** Bottom first. */
  readonly looks: readonly Look[]
}

/**
 * What pages share goes into forms: looks that follow each other and are shown by exactly the same
 * pages become one. Only after all pages are known can this be told.
 */
export function layersOf(pages: readonly PageLooks[]): Layering {
  const forms: { master: string; widgets: CompiledWidget[] }[] = []
  const formByFirst = new Map<Look, number>()
  const pageSets = new Map<Look, string>()
  const pageSetOf = (look: Look) => {
    const known = pageSets.get(look)
    if (known !== undefined) return known
    const set = isWorthForm(look) ? look.pages.join() : ''
    pageSets.set(look, set)
    return set
  }

  const layersOfPage = ({ master, looks }: PageLooks): Layer[] => {
    const layers: Layer[] = []
    for (const run of runsOf(looks.filter(isVisible), pageSetOf)) {
      const [first] = run
      if (first === undefined) continue
      const widgets = run.map(({ drawn }) => drawn)
      if (pageSetOf(first) === '') {
        layers.push({ kind: 'own', widgets })
        continue
      }
      const form = formByFirst.get(first) ?? forms.push({ master, widgets }) - 1
      formByFirst.set(first, form)
      layers.push({ kind: 'form', form })
    }
    return layers
  }
  return { layers: pages.map(layersOfPage), forms }
}

const isWorthForm = ({ drawn, pages }: Look) =>
  pages.length >= (costly.has(drawn.type) ? costlyUsesMin : usesMin)

const isVisible = ({ drawn }: Look) =>
  drawn.backgroundColor !== null || (drawn.type !== 'anchor' && drawn.type !== 'tap_zone')

/** Neighbours that the same pages show. */
function runsOf(looks: readonly Look[], pageSetOf: (look: Look) => string): Look[][] {
  const runs: Look[][] = []
  let previous: string | undefined
  for (const look of looks) {
    const set = pageSetOf(look)
    if (set === previous) runs.at(-1)?.push(look)
    else runs.push([look])
    previous = set
  }
  return runs
}
