import { Type, type Static } from 'typebox'
import { idOf } from '../schema.ts'

export const JobId = idOf('job', 'A job: one planner, to become a PDF for one device.')
export const BatchId = idOf('bat', 'Jobs that were asked for together: one planner, many devices.')
export const ResultId = idOf('res', 'A stored PDF. Jobs with the same input share one.')
export const CustomDeviceId = idOf('dev', 'A device profile that people of the tenant made.')
export const CloneId = idOf('cln', 'A copy of a published planner, on its way into an instance.')
export const PublicationId = idOf('pub', 'One publication of a planner under a slug.')

export const Slug = Type.String({
  pattern: '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$',
  description: 'The name of a publication in addresses; unique in the tenant.',
})

export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'In hex.' })

/** The id of a device: one of the known profiles, or a custom one. */
export const DeviceName = Type.String({ minLength: 1, maxLength: 64 })

/** What links and fields the PDF has. */
export const ExportMode = Type.Enum(['interactive', 'flattened', 'navigation_only'])
export type ExportMode = Static<typeof ExportMode>

export const JobStatus = Type.Enum(['pending', 'processing', 'completed', 'failed', 'cancelled'])
export type JobStatus = Static<typeof JobStatus>

/** Why a job failed, for programs. `errorMessage` says it to people. */
export const JobErrorCode = Type.Enum([
  'dead-links',
  'missing-assets',
  'invalid-project',
  'plan-too-large',
  'page-limit-exceeded',
  'size-limit-exceeded',
  'memory-limit-exceeded',
  'time-limit-exceeded',
  'verification-failed',
  'render-crashed',
])
export type JobErrorCode = Static<typeof JobErrorCode>

/** A limit that a render met: its setting, what that is set to, and what was reached. */
export const LimitHit = Type.Object(
  {
    setting: Type.String(),
    limit: Type.Number(),
    value: Type.Number(),
    unit: Type.Enum(['pages', 'bytes', 'milliseconds']),
  },
  { additionalProperties: false },
)
export type LimitHit = Static<typeof LimitHit>

/** What compiling, rendering or verifying found: at which widget, which page, to which target. */
export const Diagnostic = Type.Object(
  {
    severity: Type.Enum(['error', 'warning']),
    code: Type.String({ maxLength: 64 }),
    message: Type.String({ maxLength: 500 }),
    pointer: Type.Optional(Type.String({ maxLength: 300, description: 'Into the project.' })),
    widgetId: Type.Optional(Type.String({ maxLength: 200 })),
    page: Type.Optional(Type.Integer({ minimum: 1 })),
    target: Type.Optional(Type.String({ maxLength: 200 })),
    assetId: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
)
export type Diagnostic = Static<typeof Diagnostic>
