import type { Diagnostic } from '@atrium/contracts/pdf/schema.ts'
import type { Planner } from '@atrium/contracts/planner/planner.ts'
import type { CompileFinding } from '../compiler/compiled.ts'
import { isError } from '../compiler/findings.ts'
import type { RenderFinding } from '../render/assets.ts'
import type { VerifyFinding } from '../verify/verify-pdf.ts'

/** So many are told of one job; the schema of the events allows no more. */
const toldMax = 200
const messageLengthMax = 500
const pointerLengthMax = 300
const nameLengthMax = 200

/** What compiling found, as a job tells it. */
export const diagnosticOf = (finding: CompileFinding, strict: boolean): Diagnostic => ({
  severity: strict && isError(finding) ? 'error' : 'warning',
  code: finding.code,
  message: cut(finding.detail, messageLengthMax),
  ...(finding.pointer === '' ? {} : { pointer: cut(finding.pointer, pointerLengthMax) }),
  ...(finding.widgetId === null ? {} : { widgetId: cut(finding.widgetId, nameLengthMax) }),
  ...(finding.page === null ? {} : { page: finding.page }),
  ...(finding.target === null ? {} : { target: cut(finding.target, nameLengthMax) }),
})

/** What rendering found: pictures and fonts that are missing or broken, letters without a shape. */
export function renderDiagnosticOf(
  finding: RenderFinding,
  planner: Planner,
  strict: boolean,
): Diagnostic {
  const assetId = /\bast_[0-9a-f]{32}\b/.exec(finding.detail)?.[0]
  return {
    severity: strict && isMissing(finding) ? 'error' : 'warning',
    code: finding.code,
    message: cut(finding.detail, messageLengthMax),
    ...(assetId === undefined ? {} : ofAsset(assetId, planner)),
  }
}

/** An asset, and the first widget that names it. */
export function ofAsset(assetId: string, { masters }: Planner) {
  for (const [master, { widgets }] of masters.entries()) {
    for (const [index, { id, styling, properties }] of widgets.entries()) {
      const isPicture = properties['assetId'] === assetId
      if (!isPicture && styling['font'] !== assetId) continue
      const field = isPicture ? 'properties/assetId' : 'styling/font'
      const pointer = `/masters/${master}/widgets/${index}/${field}`
      return { assetId, widgetId: cut(id, nameLengthMax), pointer }
    }
  }
  return { assetId }
}

/** What reading the file found: where it is not what was compiled. */
export const verifyDiagnosticOf = (finding: VerifyFinding, strict: boolean): Diagnostic => ({
  severity: strict ? 'error' : 'warning',
  code: finding.code,
  message: cut(finding.detail, messageLengthMax),
  ...(finding.widgetId === null ? {} : { widgetId: cut(finding.widgetId, nameLengthMax) }),
  ...(finding.page === null ? {} : { page: finding.page }),
})

/** Whether a strict document fails by it: a picture or a font is not there as it should be. */
export const isMissing = ({ code }: RenderFinding) => code !== 'character-missing'

/** As many as are told. */
export const told = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
  diagnostics.slice(0, toldMax)

const cut = (text: string, lengthMax: number) =>
  text.length > lengthMax ? `${text.slice(0, lengthMax - 1).toWellFormed()}…` : text
