import { peerConfig, readConfig, serviceConfig } from '@atrium/platform/config.ts'
import { Type } from 'typebox'

const { HOST, PORT, LOG_LEVEL, NATS_URL, AUTH_URL, OTEL_EXPORTER_OTLP_ENDPOINT, ATRIUM_PARENT } =
  serviceConfig

const list = Type.Optional(Type.String({ minLength: 1 }))

const schema = Type.Object({
  HOST,
  PORT,
  LOG_LEVEL,
  NATS_URL,
  AUTH_URL,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  ATRIUM_PARENT,
  ...peerConfig,
  /** Health and metrics of this process, never at the public port. 0 chooses a free one. */
  OPERATIONS_HOST: Type.String({ default: '127.0.0.1', minLength: 1 }),
  OPERATIONS_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 0 }),
  /** Counts limits for all gateways together; without it each counts for itself. */
  REDIS_URL: Type.Optional(Type.String({ minLength: 1 })),
  /** `{"read":{"user":{"limit":1200,"windowSeconds":60}}}`: replaces single allowances. */
  RATE_LIMITS: Type.String({ default: '{}' }),
  /** Multiplies every limit, for load tests. */
  RATE_LIMIT_SCALE: Type.Number({ exclusiveMinimum: 0, default: 1 }),
  /** Origins of web pages that may call from a browser, separated by commas. */
  CORS_ORIGINS: list,
  /** `.atrium.example`: what stands before it in the host name is the tenant. */
  TENANT_HOST_SUFFIX: Type.Optional(Type.String({ pattern: '^\\..+$' })),
  /** Addresses and ranges of load balancers in front, separated by commas. */
  TRUST_PROXY: list,
})

export const loadConfig = () => readConfig(schema, process.env)

/** `a, b` as a list; empty where nothing is given. */
export const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
