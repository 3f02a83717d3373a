import type { Database } from '@atrium/platform/database/database.ts'
import type { ExistingProject } from './state.ts'

/** A project as it was in one version, with the canonical JSON of its content. */
export interface Snapshot {
  readonly project: ExistingProject
  readonly content: Buffer
}

export interface Snapshots {
  /** The newest of a version up to this one. */
  nearest(tenant: string, projectId: string, version: number): Promise<Snapshot | undefined>
  save(tenant: string, snapshot: Snapshot): Promise<void>
  /** All of these projects. */
  forget(tenant: string, projectIds: readonly string[]): Promise<void>
}

/** Raised whenever the members of a project's state change their meaning. */
const shape = 1

/** The table `project_snapshot`: derived data, which may be lost at any time. */
export function createSnapshots(database: Pick<Database, 'owner' | 'forTenant'>): Snapshots {
  return {
    async nearest(tenant, projectId, version) {
      const { rows } = await database.forTenant(
        tenant,
        (client) =>
          client.query<{ state: ExistingProject; content: Buffer }>({
            name: 'nearest-snapshot',
            text: `
              select state, content from project_snapshot
               where project_id = $1 and version <= $2 and shape = $3
               order by version desc limit 1`,
            values: [projectId, version, shape],
          }),
        { readOnly: true },
      )
      const [row] = rows
      return row && { project: row.state, content: row.content }
    },

    async save(tenant, { project, content }) {
      await database.owner.query({
        name: 'save-snapshot',
        text: `
          insert into project_snapshot (tenant_id, project_id, version, shape, state, content)
          values ($1, $2, $3, $4, $5, $6)
          on conflict (tenant_id, project_id, version) do update
             set shape = excluded.shape, state = excluded.state, content = excluded.content
           where project_snapshot.shape <> excluded.shape`,
        values: [tenant, project.id, project.version, shape, JSON.stringify(project), content],
      })
    },

    async forget(tenant, projectIds) {
      await database.owner.query(
        'delete from project_snapshot where tenant_id = $1 and project_id = any($2)',
        [tenant, projectIds],
      )
    },
  }
}
