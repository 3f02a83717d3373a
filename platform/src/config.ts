import { Type, type Static, type TObject, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Convert } from 'typebox/value'

/** Where the other contexts answer, for services that read their documents. */
export const peerConfig = {
  INSTANCES_URL: Type.String({ minLength: 1 }),
  ASSETS_URL: Type.String({ minLength: 1 }),
  PDF_URL: Type.String({ minLength: 1 }),
}

/**
 * Where a service that holds bytes keeps them: in a folder of its own below BLOBS_DIR, or where
 * S3_ENDPOINT is given, below its own name in the bucket.
 */
export const blobConfig = {
  BLOBS_DIR: Type.String({ default: '.atrium/blobs', minLength: 1 }),
  S3_ENDPOINT: Type.Optional(Type.String({ pattern: '^https?://' })),
  S3_ACCESS_KEY: Type.Optional(Type.String({ minLength: 1 })),
  S3_SECRET_KEY: Type.Optional(Type.String({ minLength: 1 })),
  S3_BUCKET: Type.String({ default: 'atrium', minLength: 3 }),
  S3_REGION: Type.String({ default: 'us-east-1', minLength: 1 }),
  /** 32 random bytes in base64url; with it, what is kept is encrypted. */
  BLOBS_MASTER_KEY: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })),
  /** The master key before, while every tenant's key is wrapped by the new one: at the start. */
  BLOBS_MASTER_KEY_BEFORE: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })),
  BLOBS_COMPRESS: Type.Boolean({ default: false }),
}

/** What every service reads; each service's config.ts adds its own beside these. */
export const serviceConfig = {
  HOST: Type.String({ default: '127.0.0.1', minLength: 1 }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535 }),
  LOG_LEVEL: Type.Union(
    (['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const).map((level) =>
      Type.Literal(level),
    ),
    { default: 'info' },
  ),
  DATABASE_URL: Type.String({ minLength: 1 }),
  DATABASE_ROUTES_URL: Type.String({ minLength: 1 }),
  NATS_URL: Type.String({ minLength: 1 }),
  EVENTSTOREDB_URL: Type.Optional(Type.String({ minLength: 1 })),
  AUTH_URL: Type.String({ minLength: 1 }),
  /**
   * 32 random bytes in base64url, the same for all services: by it auth knows them when they ask
   * for tokens of their own.
   */
  SERVICE_SECRET: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(Type.String({ minLength: 1 })),
  /** 1: end with the process that started this one. */
  ATRIUM_PARENT: Type.Boolean({ default: false }),
}

export type ServiceConfig = Static<TObject<typeof serviceConfig>>

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The configuration that a schema describes, from an environment: numbers and booleans by their
 * text, absent and empty variables by their default. Throws ConfigInvalid, which lists every fault
 * at once; `readConfig` ends the process with it.
 */
export function parseConfig<Schema extends TObject>(
  schema: Schema,
  environment: Environment,
): Static<Schema> {
  const given: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(schema.properties)) {
    const value = environment[name] === '' ? undefined : environment[name]
    const { default: byDefault } = property as TSchema & { default?: unknown }
    if (value !== undefined) given[name] = Convert(property, value)
    else if (byDefault !== undefined) given[name] = byDefault
  }
  const compiled = Compile(schema)
  if (compiled.Check(given)) return given

  const faults = new Map<string, string>()
  for (const error of compiled.Errors(given)) {
    for (const name of namesOf(error)) faults.set(name, faults.get(name) ?? error.message)
  }
  throw new ConfigInvalid(
    [...faults].map(([name, fault]) => `${name} ${explain(name, fault, given)}`),
  )
}

/** As `parseConfig`, but a fault is written to stderr and ends the process with status 78. */
export function readConfig<Schema extends TObject>(
  schema: Schema,
  environment: Environment,
): Static<Schema> {
  try {
    return parseConfig(schema, environment)
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(78) // EX_CONFIG of sysexits.h
  }
}

/** Names and rules of what is wrong; never a value, since many are secrets. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

interface ConfigError {
  readonly instancePath: string
  readonly keyword: string
  readonly params: object
}

/** The variables that an error is about: a missing one is told at the root. */
function namesOf({ instancePath, keyword, params }: ConfigError): readonly string[] {
  if (keyword === 'required') {
    return (params as { readonly requiredProperties: readonly string[] }).requiredProperties
  }
  return [instancePath.split('/')[1] ?? '']
}

const explain = (name: string, fault: string, given: Readonly<Record<string, unknown>>) =>
  given[name] === undefined ? 'is missing' : fault
