import { createServiceTokens, NoSuchUser } from '@atrium/platform/identity/service-tokens.ts'
import { createAccessTokenVerifier } from '@atrium/platform/identity/access-token.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  password,
  serviceSecret,
  startAuth,
  startServers,
  type AuthProcess,
  type AuthServers,
} from './auth-process.ts'

let servers: AuthServers
let auth: AuthProcess
let userId: string

beforeAll(async () => {
  servers = await startServers()
  auth = await startAuth(servers)
  const body = { email: 'ada@example.com', password }
  const registered = await auth.call('POST', '/v1/auth/register', { body })
  userId = registered.body.user.id as string
})
afterAll(async () => {
  await auth.close()
  await servers.close()
})

const tokens = (secret = serviceSecret) =>
  createServiceTokens({ authUrl: auth.url, secret, service: 'pdf' })

function verifierFor(audience: string | readonly string[]) {
  const jwksUrl = `${auth.url}/.well-known/jwks.json`
  return createAccessTokenVerifier({ jwksUrl, issuer: 'atrium', audience })
}

it('gives a service a token that services take, and that says for whom it acts', async () => {
  const token = await tokens().tokenFor({ tenant: 'default', userId })
  const verifier = verifierFor(['atrium', 'atrium-service'])
  expect(await verifier.verify(token)).toEqual({
    tenant: 'default',
    userId,
    platformAdministrator: false,
    service: 'pdf',
  })
  verifier.close()
})

it('is no token for whoever takes people alone: the door, and auth itself', async () => {
  const token = await tokens().tokenFor({ tenant: 'default', userId })
  const verifier = verifierFor('atrium')
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'not-signed-in' })
  verifier.close()
  expect((await auth.call('GET', '/v1/auth/me', { token })).status).toBe(401)
})

it('acts for nobody who is not there, also not for a person of another tenant', async () => {
  const nobody = { tenant: 'default', userId: `usr_${'0'.repeat(32)}` }
  await expect(tokens().tokenFor(nobody)).rejects.toThrow(NoSuchUser)
  await expect(tokens().tokenFor({ tenant: 'acme', userId })).rejects.toThrow(NoSuchUser)
})

it.each([
  [{}, 401],
  [{ authorization: 'Bearer another secret' }, 401],
  [{ authorization: `Bearer ${serviceSecret}` }, 422],
])('refuses %o', async (headers, status) => {
  const body = { service: 'moon', tenant: 'default', userId }
  const reply = await auth.call('POST', '/internal/service-tokens', { body, headers })
  expect(reply.status).toBe(status)
})
