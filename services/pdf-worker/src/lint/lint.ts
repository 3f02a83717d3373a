import { pageSizeOf, type DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { withChanges } from './changes.ts'
import { color, greyLevels } from './colors.ts'
import type { Fault, LintedWidget, LintFinding, MasterRule, Screen, WidgetRule } from './finding.ts'
import { greyArea } from './grey-area.ts'
import { placementOf } from './placement.ts'
import { touchTargets } from './touch-targets.ts'
import { fontSize, strokeWidth } from './type-and-strokes.ts'

const widgetRules: readonly WidgetRule[] = [fontSize, strokeWidth, touchTargets, color, greyLevels]
const masterRules: readonly MasterRule[] = [greyArea]

/** Colours become greys, which may be none of the device's, and a fill less may be enough then. */
const roundsMax = 4

export interface LintOptions {
  /** Whether findings are errors. */
  readonly strict: boolean
}

export interface Fixed {
  readonly findings: readonly LintFinding[]
  /** The content as it was sent, but for what was fixed; what it says beyond planners is kept. */
  readonly content: unknown
}

/**
 * What of a planner lies beyond the limits of a device, in the order of masters, widgets and rules.
 * The content has no faults (`checkPlanner`).
 */
export const lintPlanner = (
  content: unknown,
  device: DeviceProfile,
  { strict }: LintOptions = { strict: false },
): readonly LintFinding[] =>
  faultsOf(content, device).map((fault) => findingOf(fault, strict, false))

/**
 * The planner within those limits, and what it took; then what is left, because it needs a person.
 */
export function fixPlanner(content: unknown, device: DeviceProfile): Fixed {
  const findings: LintFinding[] = []
  let fixed = content
  for (let round = 0; round < roundsMax; round++) {
    const fixable = faultsOf(fixed, device).filter(({ changes }) => changes.length > 0)
    if (fixable.length === 0) break
    findings.push(...fixable.map((fault) => findingOf(fault, false, true)))
    fixed = withChanges(
      fixed,
      fixable.flatMap(({ changes }) => changes),
    )
  }
  return { findings: [...findings, ...lintPlanner(fixed, device)], content: fixed }
}

function faultsOf(content: unknown, device: DeviceProfile): readonly Fault[] {
  const { masters, defaultCanvas } = normalisePlanner(content)
  const screen: Screen = { device, size: defaultCanvas.dimensions ?? pageSizeOf(device) }
  return masters.flatMap(({ name, widgets }, master) => {
    const linted = widgets.map((widget, index): LintedWidget => ({
      widget,
      master: name,
      pointer: `/masters/${master}/widgets/${index}`,
    }))
    const placement = placementOf(linted, screen)
    return [
      ...linted.flatMap((each) => [
        ...(placement.get(each) ?? []),
        ...widgetRules.flatMap((rule) => rule(each, screen)),
      ]),
      ...masterRules.flatMap((rule) => rule(linted, screen)),
    ]
  })
}

function findingOf(
  { widget, field, ...fault }: Fault,
  strict: boolean,
  fixed: boolean,
): LintFinding {
  const isLinkColor = fault.rule === 'color' && widget.widget.type === 'internal_link'
  return {
    widgetId: widget.widget.id,
    master: widget.master,
    pointer: widget.pointer + field,
    rule: fault.rule,
    value: fault.value,
    limit: fault.limit,
    fixed,
    severity: strict && !isLinkColor ? 'error' : 'warning',
  }
}
