import type { Project } from '@atrium/contracts/instances/project.ts'
import type { ProjectVersion } from './versions.ts'

/** One version of a project as the API shows it. */
export function projectView({ project, content }: ProjectVersion): Project {
  return {
    id: project.id,
    instanceId: project.instanceId,
    name: project.name,
    description: project.description,
    kind: project.kind,
    assetIds: [...project.assetIds],
    contentSizeBytes: project.contentSizeBytes,
    archived: project.archived,
    status: project.status,
    version: project.version,
    createdAt: project.createdAt,
    updatedAt: project.updatedAt,
    updatedBy: project.updatedBy,
    ...(project.status === 'deleted'
      ? { deletedAt: project.deletedAt, purgeAt: project.purgeAt }
      : {}),
    content,
  }
}
