import type { DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import type { Widget } from '@atrium/contracts/planner/planner.ts'
import type { Size } from '../compiler/box.ts'
import type { Change } from './changes.ts'

/*
 * What a device asks of a design. Pure: a rule looks at one widget, or at all of a master, and says
 * which value is beyond which limit, and what would bring it within.
 */

export const lintRules = [
  'page_bounds',
  'safe_margin',
  'font_size',
  'stroke_width',
  'touch_target_width',
  'touch_target_height',
  'color',
  'grey_levels',
  'grey_area',
] as const
export type LintRule = (typeof lintRules)[number]

export interface LintFinding {
  readonly widgetId: string
  readonly master: string
  /** RFC 6901 into the project, to what is at fault. */
  readonly pointer: string
  readonly rule: LintRule
  readonly value: number | string
  readonly limit: number | string
  /** Whether it is mended in the project that comes with the findings. */
  readonly fixed: boolean
  /** Strict, all are errors but the colour of a link, which every device shows in some way. */
  readonly severity: 'error' | 'warning'
}

/** A finding before it is known what becomes of it. */
export interface Fault {
  readonly widget: LintedWidget
  /** Below the widget: `/styling/size`. */
  readonly field: string
  readonly rule: LintRule
  readonly value: number | string
  readonly limit: number | string
  /** What brings it within the limit; none where that is for a person to decide. */
  readonly changes: readonly Change[]
}

export interface LintedWidget {
  readonly widget: Widget
  readonly master: string
  readonly pointer: string
}

export interface Screen {
  readonly device: DeviceProfile
  readonly size: Size
}

export type WidgetRule = (linted: LintedWidget, screen: Screen) => readonly Fault[]
export type MasterRule = (widgets: readonly LintedWidget[], screen: Screen) => readonly Fault[]

/** A value of the widget, set to another. */
export const setting = (
  { pointer }: LintedWidget,
  field: string,
  value: Change['value'],
): Change => ({ pointer: pointer + field, value })
