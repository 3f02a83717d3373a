import { readFileSync } from 'node:fs'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'
import type { SessionEvent } from '../../session.ts'

const target = ({ tenant, revision, data }: Projected<SessionEvent>) => ({
  tenant_id: tenant,
  id: data.sessionId,
  revision,
})

const change = (set: string) => `
  update session_list as s
     set ${set}, revision = rows.revision
    from rows
   where s.tenant_id = rows.tenant_id and s.id = rows.id and s.revision < rows.revision`

/** Every session, also those that have ended: whoever holds a token may still ask about them. */
export const sessionList = defineProjection<SessionEvent>({
  name: 'session-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'session_list',
  on: {
    SessionStarted: {
      rows: (event) => [
        {
          ...target(event),
          user_id: event.data.userId,
          device_name: event.data.deviceName,
          started_at: event.data.startedAt,
          started_position: event.position,
          last_seen_at: event.data.startedAt,
          expires_at: event.data.expiresAt,
        },
      ],
      sql: 'insert into session_list select * from rows on conflict do nothing',
    },
    RefreshTokenRotated: {
      rows: (event) => [
        {
          ...target(event),
          last_seen_at: event.data.rotatedAt,
          expires_at: event.data.expiresAt,
        },
      ],
      sql: change('last_seen_at = rows.last_seen_at, expires_at = rows.expires_at'),
    },
    SessionRevoked: {
      rows: (event) => [{ ...target(event), ended_at: event.data.revokedAt }],
      sql: change('ended_at = rows.ended_at'),
    },
  },
})
