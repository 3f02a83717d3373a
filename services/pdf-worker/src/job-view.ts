import type { Job } from '@atrium/contracts/pdf/job-http.ts'
import type { ShownJob } from './job.ts'

/** A job as the API shows it, from the state that a command has led to. */
export function jobViewOf(state: ShownJob, version: number): Job {
  const { request } = state
  const completed = state.status === 'completed' ? state : undefined
  const failed = state.status === 'failed' ? state : undefined
  return {
    id: request.jobId,
    status: state.status,
    progress: { page: state.page, pages: state.pages },
    title: request.title,
    device: request.device,
    export: request.export,
    strict: request.strict,
    deterministic: request.deterministic,
    projectId: request.projectId ?? null,
    instanceId: request.instanceId ?? null,
    batchId: request.batchId ?? null,
    pageCount: completed?.result.pageCount ?? null,
    sizeBytes: completed?.result.sizeBytes ?? null,
    sha256: completed?.result.sha256 ?? null,
    cached: completed?.cached ?? false,
    warnings: [...state.diagnostics],
    errorCode: failed?.errorCode ?? null,
    errorMessage: failed?.errorMessage ?? null,
    limit: failed?.limit ?? null,
    requestedAt: request.requestedAt,
    startedAt: state.startedAt ?? null,
    completedAt: 'completedAt' in state ? state.completedAt : null,
    expiresAt: completed?.expiresAt ?? null,
    version,
  }
}
