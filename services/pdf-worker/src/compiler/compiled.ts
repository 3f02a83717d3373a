import type { DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import type { Box, Size } from './box.ts'
import type { CompiledWidget } from './compiled-widget.ts'

/*
 * A planner with everything decided: which pages there are, what each says, where each link goes.
 * Lengths are points from the top left. Plain data: it can be sent to another process as JSON.
 *
 * What is left to the layout is where the parts of a widget lie (cells, rows, items) and how wide
 * type runs. Nothing here has a token, a bind, or a value that was not checked.
 */

export interface CompiledDocument {
  readonly title: string
  /** Empty where the project names none. */
  readonly author: string
  readonly description: string
  /** One of the locales that there are names for: `en`, `pl` …; a language tag for the PDF. */
  readonly locale: Locale
  readonly size: Size
  readonly device: DeviceProfile
  readonly export: ExportMode
  readonly forms: readonly Form[]
  readonly pages: readonly CompiledPage[]
  readonly navigation: Navigation
  /** Assets that images show, each once, in the order of first use. */
  readonly imageAssetIds: readonly string[]
  /** Fonts that widgets name, as they are named, each once; one may be the id of an asset. */
  readonly fonts: readonly string[]
  readonly warnings: readonly CompileFinding[]
}

export const locales = ['en', 'pl', 'de', 'fr', 'es', 'it', 'ja', 'zh', 'uk'] as const
export type Locale = (typeof locales)[number]

/**
 * `interactive`: links, outlines, and checkboxes to tick. `flattened`: links and outlines, nothing
 * to fill in. `navigation_only`: links and outlines over blank pages.
 */
export type ExportMode = 'interactive' | 'flattened' | 'navigation_only'

/**
 * Widgets of a master that follow each other in painting order and look alike on several pages, the
 * same ones for all of them: drawn once, and shown on each page whose layers name the form by its
 * index. What never changes is shown by all pages of the master, a month's calendar by its days.
 */
export interface Form {
  readonly master: string
  readonly widgets: readonly CompiledWidget[]
}

export interface CompiledPage {
  /** From 1. */
  readonly number: number
  readonly master: string
  /** The kind of the section that made it. */
  readonly section: string
  /** Bottom first. What other pages show too is a form, the rest the page's own widgets. */
  readonly layers: readonly Layer[]
  /** Links that lead somewhere; a dropped one is not here. */
  readonly links: readonly CompiledLink[]
}

export type Layer =
  | { readonly kind: 'form'; readonly form: number }
  | { readonly kind: 'own'; readonly widgets: readonly CompiledWidget[] }

export interface CompiledLink {
  readonly widgetId: string
  /** The box of the widget. Where `part` is null, all of it is the link. */
  readonly box: Box
  /** Which part of the widget, by the numbering of its type; its area is the layout's to say. */
  readonly part: number | null
  readonly target: LinkTarget
}

/** Left 0 and the zoom as it is. */
export interface LinkTarget {
  readonly page: number
  /** From the top of the target page; 0 where a page is meant. */
  readonly top: number
  /** Lower case; null where a page is meant by its number. */
  readonly destination: string | null
}

export interface Navigation {
  readonly namedDestinations: readonly NamedDestination[]
  readonly outlines: readonly OutlineEntry[]
}

export interface NamedDestination {
  /** Lower case; unique. */
  readonly name: string
  readonly page: number
  readonly top: number
}

/** Nested at most 4 deep, the first level counted. */
export interface OutlineEntry {
  readonly title: string
  readonly page: number
  readonly top: number
  readonly children: readonly OutlineEntry[]
}

/** What is wrong with a planner, and where; an error when strict, a warning otherwise. */
export interface CompileFinding {
  readonly code: FindingCode
  /** RFC 6901 into the project. */
  readonly pointer: string
  readonly widgetId: string | null
  /** Where it was first met; null where no single page is at fault. */
  readonly page: number | null
  /** The destination that does not exist, as far as it is one that is wrong. */
  readonly target: string | null
  readonly detail: string
}

export const findingCodes = [
  'dead-link',
  'bind-invalid',
  'destination-invalid',
  'destination-missing',
  'date-unreadable',
  'color-invalid',
  'image-missing',
  'image-source-ignored',
  'nothing-to-draw',
  'table-size-missing',
  'tap-action-unknown',
  'more-findings',
] as const
export type FindingCode = (typeof findingCodes)[number]
