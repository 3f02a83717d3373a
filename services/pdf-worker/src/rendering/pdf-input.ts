import { createHash } from 'node:crypto'
import type { DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import type { Planner } from '@atrium/contracts/planner/planner.ts'
import { assetIdsOf } from '@atrium/contracts/planner/validate.ts'
import type { Content } from '@atrium/platform/content/content.ts'
import type { JobRequest } from '../job.ts'

/** What a job's PDF is made from. */
export interface PdfInput {
  readonly planner: Planner
  readonly device: DeviceProfile
  readonly assetIds: readonly string[]
}

/** Reads what was laid down when the job was asked for. */
export async function readPdfInput(
  content: Content,
  tenant: string,
  { projectSha256, profileSha256 }: JobRequest,
): Promise<PdfInput> {
  const [planner, device] = await Promise.all([
    content.get(tenant, projectSha256),
    content.get(tenant, profileSha256),
  ])
  return inputOf(
    JSON.parse(planner.toString()) as Planner,
    JSON.parse(device.toString()) as DeviceProfile,
  )
}

export const inputOf = (planner: Planner, device: DeviceProfile): PdfInput => ({
  planner,
  device,
  assetIds: assetIdsOf(planner),
})

/** The day that a document may show as today: none where it must be the same on every day. */
export const todayOf = ({ deterministic }: Pick<JobRequest, 'deterministic'>, at: string) =>
  deterministic ? null : at.slice(0, 10)

/**
 * Of everything that decides the bytes. Two jobs with the same hash get the same PDF. Where the
 * planner shows assets it holds for one person alone: another may not be allowed to see them.
 */
export function inputSha256Of(
  request: JobRequest,
  { assetIds }: Pick<PdfInput, 'assetIds'>,
  rendererVersion: string,
  at: string,
): string {
  const parts = [
    rendererVersion,
    request.projectSha256,
    request.profileSha256,
    request.export,
    request.strict,
    request.deterministic,
    todayOf(request, at),
    assetIds.length > 0 ? request.ownerId : null,
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
