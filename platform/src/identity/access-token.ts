import { contexts } from '@atrium/contracts/context.ts'
import { SessionId, TenantId, UserId } from '@atrium/contracts/schema.ts'
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Caller } from '../http/exchange.ts'
import { Rejection } from '../rejection.ts'
import { serviceAudience } from './service-tokens.ts'

/** Who makes access tokens, and for whom. */
export const tokenIssuer = 'atrium'
export const tokenAudience = 'atrium'

export interface AccessTokenVerifier {
  /** Throws Rejection `not-signed-in`, or `unavailable` where the keys cannot be had. */
  verify(token: string): Promise<Caller>
  close(): void
}

export interface AccessTokenVerifierOptions {
  readonly jwksUrl: string
  readonly issuer: string
  /** Whom tokens may be for: people's `atrium`, and `serviceAudience` where services may call. */
  readonly audience: string | readonly string[]
  readonly now?: () => number
}

const fetchTimeoutMs = 3_000
/** A key that is not known is asked for at most this often: one is published longer before. */
export const unknownKeyCooldownMs = 5_000
/**
 * Withdrawn keys are forgotten after this time; while auth does not answer, the known ones stay.
 */
const refreshMs = 5 * 60_000
const clockToleranceSeconds = 5
const tokenCharactersMax = 4_096
const tokensRememberedMax = 10_000

const Claims = Compile(
  Type.Object({
    sub: UserId,
    tid: TenantId,
    sid: SessionId,
    pa: Type.Optional(Type.Boolean()),
    act: Type.Optional(Type.Object({ sub: UserId })),
    exp: Type.Integer(),
  }),
)

const ServiceClaims = Compile(
  Type.Object({
    aud: Type.Literal(serviceAudience),
    sub: UserId,
    tid: TenantId,
    act: Type.Object({ sub: Type.Union(contexts.map((context) => Type.Literal(context))) }),
    exp: Type.Integer(),
  }),
)

/**
 * Verifies access tokens against auth's public keys: ES256 alone. A token that was verified is
 * remembered until it expires, or until the keys are read anew, so a busy caller costs one
 * signature.
 */
export function createAccessTokenVerifier(
  options: AccessTokenVerifierOptions,
): AccessTokenVerifier {
  const { jwksUrl, issuer, audience, now = Date.now } = options
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: unknownKeyCooldownMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
  })
  const verified = new LRUCache<string, { readonly caller: Caller; readonly expiresAtMs: number }>({
    max: tokensRememberedMax,
  })
  const refresh = setInterval(() => {
    keys.reload().then(
      () => verified.clear(),
      () => undefined, // The known keys stay good until auth answers again.
    )
  }, refreshMs)
  refresh.unref()

  async function verifyAnew(token: string): Promise<Caller> {
    const payload = await payloadOf(token)
    const caller = callerOf(payload)
    const expiresAtMs = ((payload.exp ?? 0) + clockToleranceSeconds) * 1_000
    verified.set(token, { caller, expiresAtMs })
    return caller
  }

  async function payloadOf(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ['ES256'],
        issuer,
        audience: [audience].flat(),
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now()),
      })
      return payload
    } catch (error) {
      throw refusalFor(error)
    }
  }

  return {
    async verify(token) {
      if (token.length > tokenCharactersMax) throw new Rejection('not-signed-in')
      const known = verified.get(token)
      if (known && known.expiresAtMs > now()) return known.caller
      return verifyAnew(token)
    },
    close: () => clearInterval(refresh),
  }
}

function callerOf(payload: JWTPayload): Caller {
  if (payload.aud === serviceAudience) {
    if (!ServiceClaims.Check(payload)) throw new Rejection('not-signed-in')
    const { tid: tenant, sub: userId, act } = payload
    return { tenant, userId, platformAdministrator: false, service: act.sub }
  }
  if (!Claims.Check(payload)) throw new Rejection('not-signed-in')
  const { tid: tenant, sub: userId, sid: sessionId, pa = false, act } = payload
  const impersonator = act === undefined ? {} : { impersonatorId: act.sub }
  return { tenant, userId, sessionId, platformAdministrator: pa, ...impersonator }
}

/** Who holds a session; a service that acts for somebody has none. */
export function sessionOf({ sessionId }: Caller): string {
  if (sessionId === undefined) throw new Rejection('not-signed-in')
  return sessionId
}

/** Every fault of the token is the caller's; what is left is that the keys could not be fetched. */
function refusalFor(error: unknown): Rejection {
  const noKeys =
    !(error instanceof errors.JOSEError) ||
    error.code === errors.JOSEError.code ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid
  return new Rejection(noKeys ? 'unavailable' : 'not-signed-in', {}, { cause: error })
}
