import { readFileSync } from 'node:fs'
import type { UploadEvent } from '@atrium/contracts/assets/upload-events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

const upload = ({ tenant, revision, data }: Projected<UploadEvent>) => ({
  tenant_id: tenant,
  id: data.uploadId,
  revision,
})

/** `status` from now on, once per revision. */
const become = (status: 'received' | 'ended') => `
  update upload_list as u
     set status = '${status}', changed_at = rows.changed_at, revision = rows.revision
    from rows
   where u.tenant_id = rows.tenant_id and u.id = rows.id and u.revision < rows.revision`

const forget = {
  rows: (event: Projected<UploadEvent>) => [upload(event)],
  sql: `
    delete from upload_list as u using rows
     where u.tenant_id = rows.tenant_id and u.id = rows.id`,
}

/** Uploads that are to be finished, to expire, or to be cleared away. */
export const uploadList = defineProjection<UploadEvent>({
  name: 'upload-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'upload_list',
  on: {
    UploadCreated: {
      rows: (event) => [
        {
          ...upload(event),
          owner_id: event.data.ownerId,
          instance_id: event.data.instanceId,
          expires_at: event.data.expiresAt,
          changed_at: event.data.createdAt,
        },
      ],
      sql: `
        insert into upload_list
        select tenant_id, id, owner_id, instance_id, 'open', expires_at, changed_at, revision
          from rows
            on conflict do nothing`,
    },
    UploadReceived: {
      rows: (event) => [{ ...upload(event), changed_at: event.data.receivedAt }],
      sql: become('received'),
    },
    UploadRefused: {
      rows: (event) => [{ ...upload(event), changed_at: event.data.refusedAt }],
      sql: become('ended'),
    },
    UploadTerminated: {
      rows: (event) => [{ ...upload(event), changed_at: event.data.terminatedAt }],
      sql: become('ended'),
    },
    UploadExpired: {
      rows: (event) => [{ ...upload(event), changed_at: event.data.expiredAt }],
      sql: become('ended'),
    },
    UploadFinished: forget,
    UploadCleared: forget,
  },
})
