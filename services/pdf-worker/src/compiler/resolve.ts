import type { RawFields, ValuesOf } from '@atrium/contracts/planner/fields.ts'
import type { Widget } from '@atrium/contracts/planner/planner.ts'
import type { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import type { Box } from './box.ts'
import type { FindingCode } from './compiled.ts'
import type { CompiledWidget, TextStyle } from './compiled-widget.ts'
import type { DayRange } from './day-range.ts'
import type { Budget } from './limits.ts'
import type { LocaleNames } from './locale-names.ts'
import type { DateMode } from './section-items.ts'
import type { PageNumbers, TokenMap, Tokens } from './tokens.ts'

/*
 * What it takes to make something to draw of a widget whose tokens are filled in, and what comes of
 * it. There is a resolver for each kind of widget.
 */

export type Resolver = (filled: FilledWidget, context: ResolveContext) => Resolved

/** A widget on some page, its texts filled in; links keep theirs, for other pages have others. */
export interface FilledWidget {
  readonly widget: Widget
  readonly content: string
  readonly properties: RawFields
}

export interface ResolveContext {
  readonly names: LocaleNames
  /** Today, or undefined where nothing may hang on it. */
  readonly today: number | undefined
  /** What stands for a date that cannot be read. */
  readonly dayByDefault: number
  /** The tokens of the page, for a widget whose parts have some of their own beside them. */
  readonly tokens: Tokens
  readonly numbers: PageNumbers
  readonly text: Budget
  readonly parts: Budget
  report(fault: WidgetFault): void
}

export interface WidgetFault {
  readonly code: FindingCode
  /** In the properties. */
  readonly field: string
  readonly detail: string
  readonly target?: string
}

export interface Resolved {
  readonly drawn: CompiledWidget
  readonly links: readonly PartLink[]
}

/** A link of a widget, or of a part of it. Where it leads may still hang on the page. */
export interface PartLink {
  readonly part: number | null
  /** In the properties. */
  readonly field: string
  readonly leads: Leads
  /** The days that it stands for: where the plan does not have them, it leads nowhere. */
  readonly days?: { readonly range: DayRange; readonly mode: DateMode }
  /** Nobody asked for it: where its destination is missing, that is no fault. */
  readonly isOptional?: boolean
}

export type Leads =
  /** Tokens of the page are filled in, and before them those that the part has of its own. */
  | {
      readonly kind: 'template'
      readonly template: string
      readonly own: TokenMap
      /** Whether it counts: a bind, not plain text. */
      readonly isBind: boolean
    }
  /** Filled in already. */
  | { readonly kind: 'named'; readonly text: string }
  | { readonly kind: 'page'; readonly page: number }
  | { readonly kind: 'tap'; readonly action: string; readonly targetPage: string }

type TextValues = ValuesOf<(typeof widgetFields)['text_block']['styling']>

export const textStyleOf = (values: TextValues): TextStyle => ({
  font: values.font,
  size: values.size,
  color: values.color,
  textAlign: values.textAlign,
  underline: values.underline,
  lineHeight: values.lineHeight,
})

export interface PlacedWidget {
  readonly id: string
  readonly box: Box
  readonly backgroundColor: string | null
}

export const placed = ({ id, position, backgroundColor }: Widget): PlacedWidget => ({
  id,
  box: { x: position.x, y: position.y, width: position.width, height: position.height },
  backgroundColor,
})
