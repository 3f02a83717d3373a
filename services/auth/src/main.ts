import { createDatabase } from '@atrium/platform/database/database.ts'
import { createAggregate } from '@atrium/platform/decider/aggregate.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import { createWaitFor } from '@atrium/platform/http/consistency.ts'
import { createIdempotency } from '@atrium/platform/http/idempotency.ts'
import { createHttpServer } from '@atrium/platform/http/server.ts'
import { createAccessTokenVerifier } from '@atrium/platform/identity/access-token.ts'
import { createRevocations } from '@atrium/platform/identity/revocations.ts'
import { createLifecycle } from '@atrium/platform/lifecycle.ts'
import { connectNats } from '@atrium/platform/messaging/nats.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createReactions } from '@atrium/platform/reactions/reactions.ts'
import { createRelay } from '@atrium/platform/relay/relay.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import { createTracing } from '@atrium/platform/telemetry/tracing.ts'
import { ensureAdministrator, ensureDefaultTenant } from './administrator.ts'
import { claim } from './claim.ts'
import { loadConfig } from './config.ts'
import { lockout } from './lockout.ts'
import { createMailer } from './mail.ts'
import { createPasswordHashing } from './password-hashing.ts'
import { sessionList } from './projections/session-list/projection.ts'
import { tenantList } from './projections/tenant-list/projection.ts'
import { endSessionsOnPasswordChanged } from './reactions/end-sessions-on-password-changed.ts'
import { endSessionsOnTenantRemoved } from './reactions/end-sessions-on-tenant-removed.ts'
import { openAccountLockOnPasswordChanged } from './reactions/open-account-lock-on-password-changed.ts'
import { sendPasswordResetMailOnPasswordResetRequested } from './reactions/send-password-reset-mail-on-password-reset-requested.ts'
import { mountAccount } from './routes/account.ts'
import { mountImportedUsers } from './routes/imported-users.ts'
import { mountJwks } from './routes/jwks.ts'
import { mountPassword } from './routes/password.ts'
import { mountServiceTokens } from './routes/service-tokens.ts'
import { mountSessions } from './routes/sessions.ts'
import { mountSignInLocks } from './routes/sign-in-locks.ts'
import { mountTenants } from './routes/tenants.ts'
import { deriveSecrets } from './secrets.ts'
import { createSessionCheck } from './session-check.ts'
import { session } from './session.ts'
import { notingRevocations } from './sessions.ts'
import { createSignInLimits } from './sign-in-limits.ts'
import { audience, createSigningKeys, issuer } from './signing-keys/signing-keys.ts'
import { tenant } from './tenant.ts'
import { user } from './user.ts'

const context = 'auth'
const config = loadConfig()
const secrets = deriveSecrets(config.AUTH_SECRET)

const logger = createLogger({ name: context, level: config.LOG_LEVEL })
const metrics = createMetrics({ name: context })
const tracing = createTracing({ name: context, endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT })
const lifecycle = createLifecycle({ logger, watchParent: config.ATRIUM_PARENT })

// Connect
const database = await createDatabase({
  ownerUrl: config.DATABASE_URL,
  routesUrl: config.DATABASE_ROUTES_URL,
  context,
  migrations: [
    { name: 'auth/signing-key', file: new URL('signing-keys/table.sql', import.meta.url) },
  ],
})
const store = await openEventStore({
  context,
  databaseUrl: config.DATABASE_URL,
  eventStoreDbUrl: config.EVENTSTOREDB_URL,
})
const nats = await connectNats({ url: config.NATS_URL, name: context, logger })
const mailer = await createMailer({
  from: config.MAIL_FROM,
  smtpUrl: config.SMTP_URL,
  folder: config.MAIL_DIR,
})

// Wire
const revocations = createRevocations({ nats, authUrl: config.AUTH_URL, logger })
const users = createAggregate({ store, context, name: 'user', decider: user })
const claims = createAggregate({ store, context, name: 'claim', decider: claim })
const lockouts = createAggregate({ store, context, name: 'lockout', decider: lockout })
const tenants = createAggregate({ store, context, name: 'tenant', decider: tenant })
const sessions = notingRevocations(
  createAggregate({ store, context, name: 'session', decider: session }),
  revocations,
)
const projections = createProjections({
  context,
  store,
  database,
  definitions: [sessionList, tenantList],
  logger,
  metrics,
  tracing,
})
const passwords = await createPasswordHashing({ concurrency: config.AUTH_HASHING_CONCURRENCY })
const signingKeys = await createSigningKeys({
  pool: database.owner,
  sealKey: secrets.signingKeySeal,
  rotationSeconds: config.AUTH_KEY_ROTATION_SECONDS,
  logger,
})
const limits = createSignInLimits({
  lockouts,
  key: secrets.lockout,
  accountFailuresMax: config.AUTH_ACCOUNT_FAILURES_MAX,
  addressFailuresMax: config.AUTH_ADDRESS_FAILURES_MAX,
})
const deps = {
  users,
  claims,
  sessions,
  tenants,
  store,
  database,
  projections,
  passwords,
  signingKeys,
  limits,
  mailer,
  logger,
  claimKey: secrets.claim,
  refreshTokenKey: secrets.refreshToken,
  resetTokenKey: secrets.resetToken,
  sessionSeconds: config.AUTH_SESSION_SECONDS,
  sessionCheck: createSessionCheck(database.owner),
  publicUrl: config.PUBLIC_URL,
  now: () => new Date(),
}
const relay = createRelay({ context, store, nats, database, logger, metrics, tracing })
const reactions = createReactions<typeof deps>({
  context,
  nats,
  database,
  definitions: [
    endSessionsOnPasswordChanged,
    endSessionsOnTenantRemoved,
    openAccountLockOnPasswordChanged,
    sendPasswordResetMailOnPasswordResetRequested,
  ],
  deps,
  logger,
  metrics,
  tracing,
})
const verifier = createAccessTokenVerifier({
  jwksUrl: `${config.AUTH_URL}/.well-known/jwks.json`,
  issuer,
  audience,
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
    eventStore: () => store.headPosition({ streamPrefixes: [`${context}.`] }).then(() => true),
    revocations: () => revocations.ready(),
  },
})
mountAccount(app, deps)
mountPassword(app, deps)
mountSessions(app, deps)
mountTenants(app, deps)
mountImportedUsers(app, deps)
mountSignInLocks(app, deps)
mountJwks(app, signingKeys)
mountServiceTokens(app, { users, tenants, signingKeys, serviceSecret: config.SERVICE_SECRET })

// Let go, in this order
lifecycle.onStop('intake', 'http', () => app.close())
lifecycle.onStop('work', 'relay', () => relay.close())
lifecycle.onStop('work', 'reactions', () => reactions.close())
lifecycle.onStop('work', 'projections', () => projections.close())
lifecycle.onStop('work', 'signing keys', () => signingKeys.close())
lifecycle.onStop('work', 'idempotency', () => idempotency.close())
lifecycle.onStop('work', 'revocations', () => revocations.close())
lifecycle.onStop('connections', 'token keys', () => verifier.close())
lifecycle.onStop('connections', 'mail', () => mailer.close())
lifecycle.onStop('connections', 'event store', () => store.close())
lifecycle.onStop('connections', 'database', () => database.close())
lifecycle.onStop('connections', 'nats', () => nats.close())
lifecycle.onStop('connections', 'tracing', () => tracing.close())

// Run
revocations.start()
await projections.start()
relay.start()
reactions.start()
await ensureDefaultTenant(deps, new Date().toISOString())
if (config.ATRIUM_ADMIN_EMAIL && config.ATRIUM_ADMIN_PASSWORD) {
  const { ATRIUM_ADMIN_EMAIL: email, ATRIUM_ADMIN_PASSWORD: password } = config
  await ensureAdministrator(deps, { email, password }, deps.now)
}
await app.listen({ host: config.HOST, port: config.PORT })
logger.info({ port: config.PORT }, 'ready')
await lifecycle.run()
