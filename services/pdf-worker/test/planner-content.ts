import { deviceOf, type DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { checkPlanner } from '@atrium/contracts/planner/validate.ts'
import type { WidgetType } from '@atrium/contracts/planner/widget-fields.ts'
import { compilePlanner, type Compilation, type CompileOptions } from '../src/compiler/compile.ts'
import type { CompiledDocument, CompiledLink } from '../src/compiler/compiled.ts'
import type { CompiledWidget } from '../src/compiler/compiled-widget.ts'

/*
 * Planners for tests, as clients write them, and what is to be read off a compiled one.
 */

type Members = Readonly<Record<string, unknown>>
type Box = readonly [x: number, y: number, width: number, height: number]

export interface WidgetSaid {
  readonly id?: string
  readonly at?: Box
  readonly content?: string
  readonly styling?: Members
  readonly properties?: Members
  readonly zOrder?: number | null
  readonly backgroundColor?: string | null
}

export function widget(type: WidgetType, said: WidgetSaid = {}) {
  const { id = type, at = [40, 40, 200, 100], ...others } = said
  const [x, y, width, height] = at
  return { id, type, position: { x, y, width, height }, ...others }
}

export const anchor = (destId: string, top = 0) =>
  widget('anchor', { id: 'anchor', at: [0, top, 10, 10], properties: { destId } })

export const text = (content: string, id = 'text') => widget('text_block', { id, content })

export const link = (properties: Members, id = 'link') =>
  widget('internal_link', { id, content: id, properties })

export interface PlannerSaid {
  readonly masters: Readonly<Record<string, readonly object[]>>
  readonly sections: readonly object[]
  readonly calendar?: object
  readonly order?: readonly string[]
  readonly locale?: string
  readonly metadata?: object
  readonly linkResolution?: object
}

/** The content of a project: masters by name, sections as they are. */
export const plannerContent = ({ masters, metadata, linkResolution, ...plan }: PlannerSaid) => ({
  metadata: { name: 'A planner', deviceProfile: 'remarkable-2', ...metadata },
  masters: Object.entries(masters).map(([name, widgets]) => ({ name, widgets })),
  plan,
  ...(linkResolution === undefined ? {} : { linkResolution }),
})

/** A section of one page for each day of January 2026, unless it says otherwise. */
export const section = (kind: string, said: Members = {}) => ({
  kind,
  master: kind,
  generate: 'once',
  ...said,
})

export const device = demand(deviceOf('remarkable-2'))

export const options: CompileOptions = {
  device,
  export: 'interactive',
  strict: false,
  today: null,
  pagesMax: 1_000,
}

/** What comes of content that has no faults. */
export function compilation(content: unknown, said: Partial<CompileOptions> = {}): Compilation {
  const faults = checkPlanner(content)
  if (faults.length > 0) throw new Error(`not a planner: ${JSON.stringify(faults)}`)
  return compilePlanner(normalisePlanner(content), { ...options, ...said })
}

export function compile(content: unknown, said: Partial<CompileOptions> = {}): CompiledDocument {
  const result = compilation(content, said)
  if (result.status !== 'compiled') throw new Error(`not compiled: ${JSON.stringify(result)}`)
  return result.document
}

/** What a page shows, bottom first. */
export function drawnOn(document: CompiledDocument, page: number): readonly CompiledWidget[] {
  const layers = document.pages.find(({ number }) => number === page)?.layers ?? []
  return layers.flatMap((layer) =>
    layer.kind === 'own' ? layer.widgets : (document.forms[layer.form]?.widgets ?? []),
  )
}

/** The text of one widget on each page that has it. */
export const textsOf = (document: CompiledDocument, id = 'text') =>
  document.pages.flatMap(({ number }) =>
    drawnOn(document, number).flatMap((shown) =>
      shown.id === id && 'text' in shown ? [shown.text] : [],
    ),
  )

/** The one widget of that type on a page. */
export function only<Type extends CompiledWidget['type']>(
  document: CompiledDocument,
  type: Type,
  page = 1,
) {
  const [found] = drawnOn(document, page).filter((each) => each.type === type)
  return demand(found) as Extract<CompiledWidget, { type: Type }>
}

export const linksOn = (document: CompiledDocument, page: number): readonly CompiledLink[] =>
  document.pages.find(({ number }) => number === page)?.links ?? []

/** What a document of one page draws of a widget. */
export const drawn = <Type extends CompiledWidget['type']>(
  type: Type,
  said: WidgetSaid = {},
  compiled: Partial<CompileOptions> = {},
) => only(compile(onePage([widget(type, said)]), compiled), type)

export const onePage = (widgets: readonly object[], said: Members = {}) =>
  plannerContent({ masters: { page: widgets }, sections: [section('page', said)] })

export function demand<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('there is none')
  return value
}

export const otherDevice = (id: string): DeviceProfile => demand(deviceOf(id))
