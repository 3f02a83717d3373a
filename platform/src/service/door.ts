import { createWaitFor } from '../http/consistency.ts'
import { createIdempotency } from '../http/idempotency.ts'
import { createHttpServer } from '../http/server.ts'
import { createAccessTokenVerifier, tokenAudience, tokenIssuer } from '../identity/access-token.ts'
import type { Revocations } from '../identity/revocations.ts'
import { serviceAudience } from '../identity/service-tokens.ts'
import type { Projections } from '../projections/projections.ts'
import type { Reactions } from '../reactions/reactions.ts'
import type { Service } from './connect.ts'

export interface DoorOptions {
  readonly projections: Projections
  readonly reactions: Reactions
  readonly revocations: Revocations
  /** Whether other contexts may call, with tokens of their own. */
  readonly servesServices?: boolean
}

/**
 * The service's HTTP server, to mount routes on: it knows its callers by auth's keys, lets a read
 * wait for what its caller has seen, and remembers what was asked with an Idempotency-Key.
 */
export function createServiceDoor(service: Service, options: DoorOptions) {
  const { context, config, logger, metrics, tracing, database, lifecycle } = service
  const { projections, reactions, revocations, servesServices = true } = options
  const verifier = createAccessTokenVerifier({
    jwksUrl: `${config.AUTH_URL}/.well-known/jwks.json`,
    issuer: tokenIssuer,
    audience: servesServices ? [tokenAudience, serviceAudience] : tokenAudience,
  })
  const idempotency = createIdempotency({ database, logger })
  const app = createHttpServer({
    context,
    logger,
    metrics,
    tracing,
    identity: { verifier, revocations },
    waitFor: createWaitFor({ context, projections, reactions }),
    idempotency,
    health: {
      database: () => database.owner.query('select 1').then(() => true),
      eventStore: () => service.headPosition().then(() => true),
      revocations: () => revocations.ready(),
    },
  })
  lifecycle.onStop('intake', 'http', () => app.close())
  lifecycle.onStop('work', 'idempotency', () => idempotency.close())
  lifecycle.onStop('connections', 'token keys', () => verifier.close())
  return app
}
