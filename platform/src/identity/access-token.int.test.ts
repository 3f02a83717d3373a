import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Rejection } from '../rejection.ts'
import { sessionId, userId } from '../testkit/http-server.ts'
import { createAccessTokenVerifier, type AccessTokenVerifier } from './access-token.ts'

type Keys = Awaited<ReturnType<typeof newKeys>>

async function newKeys(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return {
    kid,
    privateKey,
    jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' },
  }
}

/** Auth's JWKS, as the test publishes it. */
function createJwks() {
  const published: JWK[] = []
  let asked = 0
  let up = true
  const server = createServer((_request, response) => {
    asked += 1
    response.statusCode = up ? 200 : 500
    response.end(JSON.stringify({ keys: published }))
  })
  return {
    published,
    server,
    asked: () => asked,
    turn(on: boolean) {
      up = on
    },
  }
}

let jwks: ReturnType<typeof createJwks>
let verifier: AccessTokenVerifier
let keys: Keys

beforeEach(async () => {
  keys = await newKeys('one')
  jwks = createJwks()
  jwks.published.push(keys.jwk)
  await once(jwks.server.listen(0, '127.0.0.1'), 'listening')
  const { port } = jwks.server.address() as AddressInfo
  const jwksUrl = `http://127.0.0.1:${port}/.well-known/jwks.json`
  verifier = createAccessTokenVerifier({ jwksUrl, issuer: 'atrium', audience: 'atrium' })
})

afterEach(() => {
  verifier.close()
  jwks.server.close()
})

const claims = { tid: 'acme', sid: sessionId, sub: userId, iss: 'atrium', aud: 'atrium' }

function sign(by: Keys, changes: object = {}, lifetime = '10m') {
  return new SignJWT({ ...claims, ...changes })
    .setProtectedHeader({ alg: 'ES256', kid: by.kid })
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(by.privateKey)
}

async function refusalOf(token: string) {
  const refused: unknown = await verifier.verify(token).catch((error: unknown) => error)
  return refused instanceof Rejection ? refused.code : refused
}

test('a token of auth says who calls, and is verified without asking auth again', async () => {
  const token = await sign(keys, { pa: true })
  const caller = { tenant: 'acme', userId, sessionId, platformAdministrator: true }
  expect(await verifier.verify(token)).toEqual(caller)
  expect(await verifier.verify(token)).toEqual(caller)
  expect(await verifier.verify(await sign(keys))).toMatchObject({ platformAdministrator: false })
  expect(jwks.asked()).toBe(1)
})

test.each([
  ['another issuer', { iss: 'other' }],
  ['another audience', { aud: 'other' }],
  ['no session', { sid: undefined }],
  ['no tenant', { tid: undefined }],
  ['a tenant that can be none', { tid: 'a/b' }],
  ['a user of another form', { sub: 'root' }],
])('a token with %s is refused', async (_what, changes) => {
  expect(await refusalOf(await sign(keys, changes))).toBe('not-signed-in')
})

test('an expired token is refused, also when it was good before', async () => {
  expect(await refusalOf(await sign(keys, {}, '-10s'))).toBe('not-signed-in')
  let nowMs = Date.now()
  const { port } = jwks.server.address() as AddressInfo
  const aging = createAccessTokenVerifier({
    jwksUrl: `http://127.0.0.1:${port}/`,
    issuer: 'atrium',
    audience: 'atrium',
    now: () => nowMs,
  })
  const token = await sign(keys)
  await aging.verify(token)
  nowMs += 11 * 60_000
  await expect(aging.verify(token)).rejects.toThrow('not-signed-in')
  aging.close()
})

test('a foreign signature, no signature and another algorithm are refused', async () => {
  const forged = { ...(await newKeys('one')), kid: 'one' }
  expect(await refusalOf(await sign(forged))).toBe('not-signed-in')
  const unsigned = new UnsecuredJWT(claims).setExpirationTime('10m').encode()
  expect(await refusalOf(unsigned)).toBe('not-signed-in')
  const symmetric = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(JSON.stringify(keys.jwk)))
  expect(await refusalOf(symmetric)).toBe('not-signed-in')
  expect(await refusalOf('x'.repeat(5_000))).toBe('not-signed-in')
})

test('unknown keys are asked for once, however many tokens name them', async () => {
  const unknown = await newKeys('two')
  const tokens = await Promise.all(Array.from({ length: 20 }, () => sign(unknown)))
  const refusals = await Promise.all(tokens.map(refusalOf))
  expect(new Set(refusals)).toEqual(new Set(['not-signed-in']))
  expect(jwks.asked()).toBeLessThanOrEqual(2)
})

test('while auth does not answer, known keys verify; without keys it is 503', async () => {
  jwks.turn(false)
  expect(await refusalOf(await sign(keys))).toBe('unavailable')
  jwks.turn(true)
  await verifier.verify(await sign(keys))
  jwks.turn(false)
  expect(await verifier.verify(await sign(keys))).toMatchObject({ userId })
})
