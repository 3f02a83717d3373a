import { createAggregate } from '@atrium/platform/decider/aggregate.ts'
import { createRevocations } from '@atrium/platform/identity/revocations.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createReactions } from '@atrium/platform/reactions/reactions.ts'
import { createRelay } from '@atrium/platform/relay/relay.ts'
import { connectService } from '@atrium/platform/service/connect.ts'
import { createServiceDoor } from '@atrium/platform/service/door.ts'
import { runService } from '@atrium/platform/service/run.ts'
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
import { createSigningKeys } from './signing-keys/signing-keys.ts'
import { tenant } from './tenant.ts'
import { user } from './user.ts'

const context = 'auth'
const config = loadConfig()
const secrets = deriveSecrets(config.AUTH_SECRET)

// Connect
const service = await connectService({
  context,
  config,
  migrations: [
    { name: 'auth/signing-key', file: new URL('signing-keys/table.sql', import.meta.url) },
  ],
})
const { database, store, nats, logger, lifecycle } = service
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
const projections = createProjections({ ...service, definitions: [sessionList, tenantList] })
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
const relay = createRelay(service)
const reactions = createReactions<typeof deps>({
  ...service,
  definitions: [
    endSessionsOnPasswordChanged,
    endSessionsOnTenantRemoved,
    openAccountLockOnPasswordChanged,
    sendPasswordResetMailOnPasswordResetRequested,
  ],
  deps,
})
const app = createServiceDoor(service, {
  projections,
  reactions,
  revocations,
  servesServices: false,
})
mountAccount(app, deps)
mountPassword(app, deps)
mountSessions(app, deps)
mountTenants(app, deps)
mountImportedUsers(app, deps)
mountSignInLocks(app, deps)
mountJwks(app, signingKeys)
mountServiceTokens(app, { users, tenants, signingKeys, serviceSecret: config.SERVICE_SECRET })

// Run
lifecycle.onStop('connections', 'mail', () => mailer.close())
const accounts = {
  async start() {
    await ensureDefaultTenant(deps, new Date().toISOString())
    if (config.ATRIUM_ADMIN_EMAIL && config.ATRIUM_ADMIN_PASSWORD) {
      const { ATRIUM_ADMIN_EMAIL: email, ATRIUM_ADMIN_PASSWORD: password } = config
      await ensureAdministrator(deps, { email, password }, deps.now)
    }
  },
}
const parts = { signingKeys, accounts }
await runService(service, { app, revocations, projections, relay, reactions, parts })
