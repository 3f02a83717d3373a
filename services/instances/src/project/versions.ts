import type { Content } from '@atrium/platform/content/content.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import { LRUCache } from 'lru-cache'
import { canonicalOf } from '../json/canonical.ts'
import type { JsonObject } from '../json/value.ts'
import type { Snapshots } from './snapshots.ts'
import type { ExistingProject } from './state.ts'
import { contentsOf, readTail } from './tail.ts'

/** A project as it was in one version. */
export interface ProjectVersion {
  readonly project: ExistingProject
  readonly content: JsonObject
}

/** Which content is wanted: as a read model or an aggregate knows it. */
export type Contained = Pick<ExistingProject, 'id' | 'version' | 'contentSha256'>

export interface ProjectVersions {
  /** Undefined where the project has no such version. Throws ContentCorrupt, StoreUnavailable. */
  at(tenant: string, projectId: string, version: number): Promise<ProjectVersion | undefined>
  contentOf(tenant: string, project: Contained): Promise<JsonObject>
  /** What has just been written: it is kept at hand, and as a snapshot where one is due. */
  note(tenant: string, version: ProjectVersion): Promise<void>
  /** Before projects are purged. */
  forget(tenant: string, projectIds: readonly string[]): Promise<void>
}

/** The events lead to another content than they say: neither is given out. */
export class ContentCorrupt extends Error {
  override readonly name = 'ContentCorrupt'

  constructor(projectId: string, version: number) {
    super(`version ${version} of ${projectId} is not the content that its event names`)
  }
}

export interface ProjectVersionsOptions {
  readonly store: Pick<EventStore, 'readStream'>
  readonly content: Content
  readonly snapshots: Snapshots
  /** Of the contents at hand, as JSON; as objects they take several times that. */
  readonly cacheBytesMax: number
  readonly logger: Logger
}

/**
 * Puts versions together: from the newest snapshot before, or the content that the project was
 * created with, and the patches since. What comes out is compared with the SHA-256 in the event.
 */
export function createProjectVersions(options: ProjectVersionsOptions): ProjectVersions {
  const { snapshots, cacheBytesMax, logger } = options
  const recent = new LRUCache<string, JsonObject>({ maxSize: cacheBytesMax })
  const underWay = new Map<string, Promise<ProjectVersion | undefined>>()
  const keyOf = (tenant: string, sha256: string) => `${tenant} ${sha256}`
  const keep = (tenant: string, { project, content }: ProjectVersion) =>
    recent.set(keyOf(tenant, project.contentSha256), content, {
      size: project.contentSizeBytes + 1,
    })
  const known = (tenant: string) => (sha256: string) => recent.get(keyOf(tenant, sha256))

  async function saveQuietly(tenant: string, { project, content }: ProjectVersion) {
    try {
      await snapshots.save(tenant, { project, content: canonicalOf(content).bytes })
    } catch (error) {
      logger.warn({ err: error, projectId: project.id }, 'a snapshot was not saved')
    }
  }

  async function build(tenant: string, projectId: string, version: number) {
    const tail = await readTail(options, tenant, projectId, version)
    if (!tail) return undefined
    const { project, missing } = tail
    const contents = await contentsOf(options.content, tenant, tail, known(tenant))
    const content = contents.newest
    const { sha256 } = canonicalOf(content)
    if (sha256 !== project.contentSha256) throw new ContentCorrupt(projectId, version)
    const built = { project, content }
    keep(tenant, built)
    if (missing && contents.missing) {
      await saveQuietly(tenant, { project: missing, content: contents.missing })
    }
    return built
  }

  /** Many who want the same at once wait for one. */
  function at(tenant: string, projectId: string, version: number) {
    const key = `${tenant} ${projectId} ${version}`
    const building =
      underWay.get(key) ?? build(tenant, projectId, version).finally(() => underWay.delete(key))
    underWay.set(key, building)
    return building
  }

  return {
    at,

    async contentOf(tenant, { id, version, contentSha256 }) {
      const content = known(tenant)(contentSha256) ?? (await at(tenant, id, version))?.content
      if (!content) throw new ContentCorrupt(id, version)
      return content
    },

    async note(tenant, version) {
      keep(tenant, version)
      const { project } = version
      // The first one lies in the content table.
      const isDue = project.version > 1 && project.snapshot.version === project.version
      if (isDue) await saveQuietly(tenant, version)
    },

    async forget(tenant, projectIds) {
      await snapshots.forget(tenant, projectIds)
    },
  }
}
