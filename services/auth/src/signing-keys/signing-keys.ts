import type { Context } from '@atrium/contracts/context.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import { inTransaction } from '@atrium/platform/database/transaction.ts'
import { tokenAudience, tokenIssuer } from '@atrium/platform/identity/access-token.ts'
import { serviceAudience, serviceTokenSeconds } from '@atrium/platform/identity/service-tokens.ts'
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose'
import type { Pool, PoolClient } from 'pg'
import {
  jwksMaxAgeSeconds,
  planRotation,
  reloadMsOf,
  signingAt,
  type KeyTimes,
  type RotationTimes,
} from './rotation.ts'
import { seal, unseal } from './seal.ts'

export const accessTokenSeconds = 600

/** What an access token says of its bearer. */
export interface Subject {
  readonly tenant: string
  readonly userId: string
  readonly sessionId: string
  readonly platformAdministrator: boolean
  /** Who acts as that user (RFC 8693 `act`). */
  readonly impersonatorId?: string
}

/** A service, and for whom it acts. */
export interface ActingService {
  readonly service: Context
  readonly tenant: string
  readonly userId: string
}

export interface SigningKeys {
  /** A JWT of `accessTokenSeconds`, well below 1 KB. */
  sign(subject: Subject): Promise<string>
  /** A JWT of `serviceTokenSeconds`, with which a service acts for a user (RFC 8693 `act`). */
  signForService(acting: ActingService): Promise<string>
  /** The public keys, RFC 7517, and for how long they may be kept. */
  jwks(): { readonly keys: readonly JWK[]; readonly maxAgeSeconds: number }
  close(): Promise<void>
}

export interface SigningKeysOptions {
  /** The owner's: routes cannot read the keys. */
  readonly pool: Pool
  readonly sealKey: Buffer
  readonly rotationSeconds: number
  readonly logger: Logger
}

interface Key extends KeyTimes {
  readonly publicJwk: JWK
  readonly privateKey: CryptoKey
}

interface Row {
  readonly kid: string
  readonly public_jwk: JWK
  readonly private_jwk_sealed: Buffer
  readonly signs_from: Date
}

/** Taken to look for what is due: one replica makes the key, the others find it. */
const rotationLock = 7_201_430_201

const algorithm = 'ES256'

/**
 * The keys that sign access tokens. They lie sealed in the database; each replica makes what is due
 * and reads what others made, well before the next key signs. Throws at the start where the keys
 * were sealed with another AUTH_SECRET.
 */
export async function createSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { pool, sealKey, logger } = options
  const times = { rotationMs: options.rotationSeconds * 1_000, tokenMs: accessTokenSeconds * 1_000 }
  let keys = await rotate(pool, sealKey, times, [])
  let reloading = Promise.resolve()
  const reload = async () => {
    try {
      keys = await rotate(pool, sealKey, times, keys)
    } catch (error) {
      logger.warn({ err: error }, 'signing keys could not be read again; the known ones stay')
    }
  }
  const timer = setInterval(() => {
    reloading = reload()
  }, reloadMsOf(times))

  function signed(claims: JWTPayload, userId: string, audienceOf: string, seconds: number) {
    const key = signingAt(keys, Date.now())
    if (!key) throw new Error('there is no signing key')
    return new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: 'JWT' })
      .setIssuer(tokenIssuer)
      .setAudience(audienceOf)
      .setSubject(userId)
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .sign(key.privateKey)
  }

  return {
    async sign({ tenant, userId, sessionId, platformAdministrator, impersonatorId }) {
      const claims = {
        tid: tenant,
        sid: sessionId,
        ...(platformAdministrator ? { pa: true } : {}),
        ...(impersonatorId === undefined ? {} : { act: { sub: impersonatorId } }),
      }
      return signed(claims, userId, tokenAudience, accessTokenSeconds)
    },
    async signForService({ service, tenant, userId }) {
      const claims = { tid: tenant, act: { sub: service } }
      return signed(claims, userId, serviceAudience, serviceTokenSeconds)
    },
    jwks: () => ({
      keys: keys.map(({ publicJwk }) => publicJwk),
      maxAgeSeconds: jwksMaxAgeSeconds(times),
    }),
    async close() {
      clearInterval(timer)
      await reloading
    },
  }
}

/** Makes and removes what is due, and resolves with all keys; those already open are kept open. */
async function rotate(
  pool: Pool,
  sealKey: Buffer,
  times: RotationTimes,
  known: readonly Key[],
): Promise<readonly Key[]> {
  const client = await pool.connect()
  try {
    const rows = await inTransaction(client, async () => {
      await client.query('select pg_advisory_xact_lock($1)', [rotationLock])
      return applyPlan(client, sealKey, times)
    })
    return await Promise.all(
      rows.map(async (row) => known.find(({ kid }) => kid === row.kid) ?? openKey(row, sealKey)),
    )
  } finally {
    client.release()
  }
}

async function applyPlan(client: PoolClient, sealKey: Buffer, times: RotationTimes) {
  // The database's clock: the replicas' may differ.
  const clock = await client.query<{ now: Date }>('select clock_timestamp() as now')
  const now = clock.rows[0]?.now.getTime() ?? Date.now()
  const keys = (await readRows(client)).map(({ kid, signs_from: from }) => ({
    kid,
    signsFrom: from.getTime(),
  }))
  const plan = planRotation(keys, now, times)
  if (plan.signsFrom !== undefined) await insertKey(client, sealKey, plan.signsFrom)
  if (plan.expired.length > 0) {
    await client.query('delete from signing_key where kid = any ($1)', [plan.expired])
  }
  return readRows(client)
}

async function readRows(client: PoolClient): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>(
    `select kid, public_jwk, private_jwk_sealed, signs_from
       from signing_key order by signs_from, kid`,
  )
  return rows
}

async function insertKey(client: PoolClient, sealKey: Buffer, signsFrom: number) {
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const [publicJwk, privateJwk] = await Promise.all([
    exportJWK(pair.publicKey),
    exportJWK(pair.privateKey),
  ])
  const kid = await calculateJwkThumbprint(publicJwk)
  await client.query(
    `insert into signing_key (kid, public_jwk, private_jwk_sealed, signs_from)
     values ($1, $2, $3, $4)`,
    [
      kid,
      { ...publicJwk, kid, alg: algorithm, use: 'sig' },
      seal(JSON.stringify(privateJwk), kid, sealKey),
      new Date(signsFrom),
    ],
  )
}

async function openKey(row: Row, sealKey: Buffer): Promise<Key> {
  let privateJwk: JWK
  try {
    privateJwk = JSON.parse(unseal(row.private_jwk_sealed, row.kid, sealKey)) as JWK
  } catch (error) {
    throw new Error(
      'A signing key cannot be opened: AUTH_SECRET is not the one it was made with.',
      {
        cause: error,
      },
    )
  }
  const privateKey = await importJWK(privateJwk, algorithm)
  if (privateKey instanceof Uint8Array) throw new Error(`the key ${row.kid} is no key pair`)
  return {
    kid: row.kid,
    signsFrom: row.signs_from.getTime(),
    publicJwk: row.public_jwk,
    privateKey,
  }
}
