import { pointOf } from '@atrium/platform/decider/point.ts'
import * as contract from '@atrium/contracts/auth/http.ts'
import { internalPaths } from '@atrium/contracts/routes.ts'
import { SessionId } from '@atrium/contracts/schema.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { createCursors, CursorTime, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { sessionOf } from '@atrium/platform/identity/access-token.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { listSessions, type SessionRow } from '../projections/session-list/query.ts'
import type { SessionCheck } from '../session-check.ts'
import { endSessions, type EndSessionsDeps } from '../sessions.ts'

export type Deps = EndSessionsDeps & {
  readonly store: Pick<EventStore, 'headPosition'>
  readonly sessionCheck: SessionCheck
}

/**
 * A well-formed id that is nobody's: ids of any other form lead to it, and so to the same answer.
 */
const nobodysSession = `ses_${'0'.repeat(32)}`
const isSessionId = Compile(SessionId)
const knownForm = (id: string) => (isSessionId.Check(id) ? id : nobodysSession)

/** Where an account is signed in, and ending that. */
export function mountSessions(app: FastifyInstance, deps: Deps) {
  const { sessions, database, store } = deps
  const cursors = createCursors(Type.Tuple([CursorTime, SessionId]))
  const pageLimit = 50

  mount(app, contract.listSessions, async ({ query, caller, at }) => {
    const { limit = pageLimit } = query
    const place = cursors.decode(query.cursor)
    const after = place && { lastSeenAt: place[0], id: place[1] }
    const rows = await database.forTenant(
      caller.tenant,
      (client) => listSessions(client, { userId: caller.userId, at, limit: limit + 1, after }),
      { readOnly: true },
    )
    const cursorOf = (row: SessionRow) => cursors.encode([row.last_seen_at.toISOString(), row.id])
    const body = pageOf(rows, limit, (row) => sessionBody(row, sessionOf(caller)), cursorOf)
    return { status: 200, body }
  })

  mount(app, contract.revokeSession, async ({ params, caller, at, cause }) => {
    const { userId } = caller
    const command = { type: 'EndSession', userId, reason: 'revoked', at } as const
    const handled = await sessions.handle(knownForm(params.sessionId), command, cause)
    return { status: 204, written: pointOf(handled) }
  })

  mount(app, contract.revokeOtherSessions, async ({ caller, at, cause }) => {
    const { userId } = caller
    const exceptId = sessionOf(caller)
    const position = await store.headPosition({ streamPrefixes: ['auth.session-'] })
    const ending = { userId, position, exceptId, reason: 'revoked', at } as const
    return { status: 204, written: await endSessions(deps, ending, cause) }
  })

  mount(app, contract.logout, async ({ caller, at, cause }) => {
    const { userId } = caller
    const command = { type: 'EndSession', userId, reason: 'logout', at } as const
    const handled = await sessions.handle(sessionOf(caller), command, cause)
    return { status: 204, written: pointOf(handled) }
  })

  app.get<{ Params: { sessionId: string } }>(
    internalPaths.sessionStatus,
    { config: { permission: 'anyone', operation: true } },
    async ({ params }: FastifyRequest<{ Params: { sessionId: string } }>) => ({
      revoked: await deps.sessionCheck.isRevoked(params.sessionId),
    }),
  )
}

const sessionBody = (row: SessionRow, currentId: string): contract.Session => ({
  id: row.id,
  deviceName: row.device_name,
  current: row.id === currentId,
  startedAt: row.started_at.toISOString(),
  lastSeenAt: row.last_seen_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
})
