import { routes } from '@atrium/contracts/routes.ts'
import { describe, expect, it } from 'vitest'
import { call } from './client.ts'

describe('the public door', () => {
  it('serves the OpenAPI document with every route of the table', async () => {
    const { body } = await call('GET', '/openapi.json')
    expect(body.openapi).toMatch(/^3\.1/)
    for (const { path, method } of routes) {
      const spelled = path.replaceAll(/[:*]([A-Za-z]+)/g, '{$1}')
      expect(body.paths[spelled]?.[method.toLowerCase()], `${method} ${path}`).toBeDefined()
    }
  })

  it('serves a readable page and the health of the whole', async () => {
    const page = await call('GET', '/docs')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toContain('text/html')
    expect((await call('GET', '/health')).status).toBe(200)
  })

  it('serves the public keys that verify access tokens, and never a private part', async () => {
    const { body } = await call('GET', '/.well-known/jwks.json')
    expect(body.keys.length).toBeGreaterThan(0)
    for (const key of body.keys as object[]) {
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
      expect(key).not.toHaveProperty('d')
    }
  })

  it('answers what is no route with a problem, a wrong method with the right ones', async () => {
    const missing = await call('GET', '/v1/nothing')
    expect(missing).toMatchObject({ status: 404, body: { code: 'not-found' } })
    const wrong = await call('DELETE', '/v1/auth/login')
    expect(wrong).toMatchObject({ status: 405, body: { code: 'method-not-allowed' } })
    expect(wrong.headers.get('allow')).toContain('POST')
    expect((await call('GET', '/internal/sessions/x')).status).toBe(404)
  })

  it('tells the limits with every answer', async () => {
    const { headers } = await call('GET', '/v1/auth/me')
    expect(headers.get('ratelimit')).toMatch(/r=\d+/)
    expect(headers.get('ratelimit-policy')).toMatch(/q=\d+/)
  })

  it('sends security headers', async () => {
    const { headers } = await call('GET', '/v1/instances')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('strict-transport-security')).toBeTruthy()
  })
})
