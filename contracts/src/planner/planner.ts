import type { RawFields } from './fields.ts'
import type { GenerateMode } from './project.ts'
import type { WidgetType } from './widget-fields.ts'

/*
 * A planner with every default filled in, as `normalisePlanner` makes it of valid content. Styling
 * and properties stay as they were sent, because tokens may still change them page by page:
 * `readFields` gives them their meaning.
 */

export interface Planner {
  readonly id: string
  readonly metadata: PlannerMetadata
  readonly masters: readonly Master[]
  readonly plan: Plan
  readonly linkResolution: { readonly mode: string; readonly generateOutlines: boolean }
  readonly defaultCanvas: Canvas
}

export interface PlannerMetadata {
  readonly name: string
  readonly description: string
  readonly category: string
  readonly author: string
  /** The id of a device, as it was written; `deviceOf` finds it. */
  readonly deviceProfile: string
  readonly isPublic: boolean
  readonly publicSlug: string | null
  readonly originalAuthor: string | null
  readonly clonedFrom: string | null
  readonly cloneCount: number
  readonly createdAt: string | null
  readonly updatedAt: string | null
}

export interface Master {
  readonly name: string
  readonly description: string
  readonly widgets: readonly Widget[]
}

export interface Widget {
  readonly id: string
  readonly type: WidgetType
  readonly position: Position
  readonly content: string
  readonly styling: RawFields
  readonly properties: RawFields
  readonly backgroundColor: string | null
  readonly zOrder: number
}

/** Points from the top left of the page. */
export interface Position {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Plan {
  readonly calendar: PlanCalendar
  readonly sections: readonly Section[]
  /** Kinds of the top level, in the order of their pages. */
  readonly order: readonly string[]
  readonly locale: string
}

export interface PlanCalendar {
  readonly startDate: string | null
  readonly endDate: string | null
  readonly pagesPerDay: number
}

export interface Section {
  readonly kind: string
  readonly master: string
  readonly generate: GenerateMode
  /** YYYY-MM-DD; null: the calendar's. */
  readonly startDate: string | null
  readonly endDate: string | null
  readonly count: number
  readonly pagesPerItem: number
  readonly context: Readonly<Record<string, string>>
  readonly counters: Readonly<Record<string, Counter>>
  readonly nested: readonly Section[]
}

export interface Counter {
  readonly start: number
  readonly step: number
}

export interface Canvas {
  /** Null: the page of the device. */
  readonly dimensions: {
    readonly width: number
    readonly height: number
    /** Top, right, bottom, left; null: the device's. */
    readonly margins: readonly [number, number, number, number] | null
  } | null
  readonly background: string
  readonly gridSize: number
  readonly snapEnabled: boolean
}
