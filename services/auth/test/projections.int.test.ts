import { createDatabase, type Database } from '@atrium/platform/database/database.ts'
import { testProjection } from '@atrium/platform/testkit/projection.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sessionList } from '../src/projections/session-list/projection.ts'
import { tenantList } from '../src/projections/tenant-list/projection.ts'
import type { SessionEvent } from '../src/session.ts'

let urls: TestDatabase
let database: Database

beforeAll(async () => {
  urls = await createTestDatabase()
  database = await createDatabase({ ...urls, context: 'auth' })
})
afterAll(async () => {
  await database.close()
  await urls.drop()
})

const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`
const date = (number: number) => new Date(day(number))
const userId = `usr_${'0'.repeat(32)}`
const sessionId = `ses_${'0'.repeat(32)}`

const started: SessionEvent = {
  type: 'SessionStarted',
  data: {
    sessionId,
    userId,
    refreshTokenHash: 'hash',
    deviceName: 'Firefox on Linux',
    startedAt: day(1),
    expiresAt: day(3),
  },
}

// testProjection applies the events once, each one twice, and all in one batch.
const sessionsAfter = (...given: readonly SessionEvent[]) =>
  testProjection({ owner: database.owner, context: 'auth', definition: sessionList, given })

describe('the list of sessions', () => {
  it('shows where a session began', async () => {
    expect(await sessionsAfter(started)).toMatchObject([
      {
        tenant_id: 'default',
        id: sessionId,
        user_id: userId,
        device_name: 'Firefox on Linux',
        started_at: date(1),
        started_position: 1,
        last_seen_at: date(1),
        expires_at: date(3),
        ended_at: null,
      },
    ])
  })

  it('shows when its token was rotated last, and never a hash of it', async () => {
    const rotated: SessionEvent = {
      type: 'RefreshTokenRotated',
      data: {
        sessionId,
        userId,
        refreshTokenHash: 'another hash',
        rotatedAt: day(2),
        expiresAt: day(4),
      },
    }
    const [row] = await sessionsAfter(started, rotated)
    expect(row).toMatchObject({ last_seen_at: date(2), expires_at: date(4) })
    expect(JSON.stringify(row)).not.toContain('hash')
  })

  it('keeps one that has ended, with the time', async () => {
    const revoked: SessionEvent = {
      type: 'SessionRevoked',
      data: { sessionId, userId, reason: 'logout', revokedAt: day(2) },
    }
    expect(await sessionsAfter(started, revoked)).toMatchObject([{ ended_at: date(2) }])
  })
})

it('the list of tenants shows each one to the administrators of the default tenant', async () => {
  const rows = await testProjection({
    owner: database.owner,
    context: 'auth',
    definition: tenantList,
    given: [{ type: 'TenantCreated', data: { tenantId: 'acme', name: 'Acme', createdAt: day(1) } }],
  })
  expect(rows).toEqual([{ tenant_id: 'default', id: 'acme', name: 'Acme', created_at: date(1) }])
})
