import { readConfig, serviceConfig } from '@atrium/platform/config.ts'
import { Type } from 'typebox'

const schema = Type.Object({
  ...serviceConfig,
  /**
   * 32 random bytes in base64url, the same for all replicas, for ever: every key derives from it.
   */
  AUTH_SECRET: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
  /** How long a key signs access tokens: 30 days; verifiers learn the next one in half of it. */
  AUTH_KEY_ROTATION_SECONDS: Type.Integer({ minimum: 16, default: 30 * 86_400 }),
  /** A session that is not refreshed for so long has ended: 30 days. */
  AUTH_SESSION_SECONDS: Type.Integer({ minimum: 1, default: 30 * 86_400 }),
  /** Passwords hashed at once: each takes 19 MiB and a processor. */
  AUTH_HASHING_CONCURRENCY: Type.Integer({ minimum: 1, maximum: 64, default: 2 }),
  /** Failed sign-ins within a quarter of an hour, from which on an account is locked. */
  AUTH_ACCOUNT_FAILURES_MAX: Type.Integer({ minimum: 1, default: 10 }),
  /** The same for a range of addresses (/24, /64). */
  AUTH_ADDRESS_FAILURES_MAX: Type.Integer({ minimum: 1, default: 10 }),
  /** Where people reach Atrium: what mailed links begin with. */
  PUBLIC_URL: Type.String({ pattern: '^https?://[^\\s]+$' }),
  /** `smtp://user:password@host:port`, or smtps. */
  SMTP_URL: Type.Optional(Type.String({ pattern: '^smtps?://' })),
  /** Without SMTP_URL mails land here, one .eml file each. */
  MAIL_DIR: Type.String({ minLength: 1, default: '.atrium/mail' }),
  MAIL_FROM: Type.String({ minLength: 3, default: 'Atrium <no-reply@atrium.example>' }),
  /** Both: an account of this address in `default` becomes platform administrator at the start. */
  ATRIUM_ADMIN_EMAIL: Type.Optional(Type.String({ minLength: 3 })),
  ATRIUM_ADMIN_PASSWORD: Type.Optional(Type.String({ minLength: 10 })),
})

export const loadConfig = () => readConfig(schema, process.env)
