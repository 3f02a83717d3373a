import { LintReport } from '@atrium/contracts/pdf/design-http.ts'
import {
  Diagnostic,
  JobErrorCode,
  LimitHit,
  type ExportMode,
} from '@atrium/contracts/pdf/schema.ts'
import type { DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import type { Planner } from '@atrium/contracts/planner/planner.ts'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'

/*
 * What a render process is asked, and what it answers. Everything that decides the bytes is in the
 * task: the process reads nothing else, and knows no clock.
 */

export type RenderTask = PdfTask | PreviewTask | LintTask

interface PlannerTask {
  readonly planner: Planner
  readonly device: DeviceProfile
  readonly export: ExportMode
  /** YYYY-MM-DD; null where nothing may hang on the day. */
  readonly today: string | null
  readonly pagesMax: number
  /** Pictures and fonts that the planner names, as far as there are any. */
  readonly assets: readonly TaskAsset[]
}

export interface TaskAsset {
  readonly id: string
  readonly bytes: Uint8Array
}

/** Its output is a PDF, its value a PdfValue. */
export interface PdfTask extends PlannerTask {
  readonly kind: 'pdf'
  /** Whatever is wrong fails the whole. */
  readonly strict: boolean
  /** RFC 3339; null for the fixed day of deterministic documents. */
  readonly createdAt: string | null
}

/** Its output is the picture of a page. */
export interface PreviewTask extends PlannerTask {
  readonly kind: 'preview'
  readonly page: number
  readonly format: 'png' | 'svg'
}

/** Its value is a LintReport. */
export interface LintTask {
  readonly kind: 'lint'
  /** As it was sent: what it says beyond planners is kept. */
  readonly content: unknown
  readonly device: DeviceProfile
  /** What it was made for, where that is known; undefined where the planner names it. */
  readonly madeFor: DeviceProfile | undefined
  readonly fix: boolean
}

export const PdfValue = Type.Object(
  { pageCount: Type.Integer({ minimum: 1 }), diagnostics: Type.Array(Diagnostic) },
  { additionalProperties: false },
)
export type PdfValue = Static<typeof PdfValue>

/** Why there is no PDF: the planner is at fault. */
export const Refusal = Type.Object(
  {
    errorCode: JobErrorCode,
    errorMessage: Type.String({ maxLength: 500 }),
    limit: Type.Optional(LimitHit),
    diagnostics: Type.Array(Diagnostic),
  },
  { additionalProperties: false },
)
export type Refusal = Static<typeof Refusal>

const pdfValue = Compile(PdfValue)
const refusal = Compile(Refusal)
const lintReport = Compile(LintReport)

// What comes out of a render process is believed only as far as it has the right shape.
export const isPdfValue = (value: unknown): value is PdfValue => pdfValue.Check(value)
export const isLintReport = (value: unknown): value is LintReport => lintReport.Check(value)
export const isRefusal = (value: unknown): value is Refusal => refusal.Check(value)
