import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { natsUrl } from '@atrium/platform/testkit/test-servers.ts'
import { openService, until, type Service } from './door-fixture.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const userId = `usr_${'a'.repeat(32)}`
let services: Service
let token = ''
/** With which a service acts for the same user. */
let serviceToken = ''
let ready = true

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
  const sign = (audience: string, claims: JWTPayload) =>
    new SignJWT({ tid: 'default', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer('atrium')
      .setAudience(audience)
      .setSubject(userId)
      .setExpirationTime('10m')
      .sign(privateKey)
  token = await sign('atrium', { sid: `ses_${'b'.repeat(32)}` })
  serviceToken = await sign('atrium-service', { act: { sub: 'pdf' } })
  services = await openService(({ url }, response) => {
    if (url === '/readyz') return void response.writeHead(ready ? 200 : 503).end('{}')
    if (url === '/.well-known/jwks.json') return void response.end(JSON.stringify({ keys: [key] }))
    if (url?.startsWith('/internal/')) return void response.end('{"revoked":false}')
    response.end('{"items":[]}')
  })
})
afterAll(() => services.close())

/** The process as production starts it, on free ports. */
async function run(more: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: '/usr/bin:/bin',
      PORT: '0',
      NATS_URL: natsUrl(),
      AUTH_URL: services.url,
      INSTANCES_URL: services.url,
      ASSETS_URL: services.url,
      PDF_URL: services.url,
      ...more,
    },
  })
  let output = ''
  let status: number | undefined
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  child.on('exit', (code) => (status = code ?? -1))
  await until(() => output.includes('"listening"') || status !== undefined, 30_000)
  const line = output.split('\n').find((one) => one.includes('"listening"')) ?? '{}'
  const { address = '', operationsAddress = '' } = JSON.parse(line) as Record<string, string>
  return { child, address, operationsAddress, output: () => output, status: () => status }
}

describe('the gateway as a process', () => {
  it('serves the API, its description, the page to read it, the keys and the health', async () => {
    const gateway = await run()
    const get = (path: string, headers: Record<string, string> = {}) =>
      fetch(`${gateway.address}${path}`, { headers })

    const list = await get('/v1/instances', { authorization: `Bearer ${token}` })
    expect([list.status, await list.json()]).toEqual([200, { items: [] }])
    const byService = await get('/v1/instances', { authorization: `Bearer ${serviceToken}` })
    expect([byService.status, await byService.json()]).toMatchObject([
      401,
      { code: 'not-signed-in' },
    ])
    expect(list.headers.get('strict-transport-security')).toContain('max-age')
    expect(list.headers.get('x-frame-options')).toBe('DENY')
    expect(await (await get('/openapi.json')).json()).toMatchObject({ openapi: '3.1.1' })
    expect(await (await get('/.well-known/jwks.json')).json()).toHaveProperty('keys')

    const page = await get('/') // what the start prints leads to the page
    expect(new URL(page.url).pathname).toBe('/docs/')
    const html = await page.text()
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    const source = /<script src="([^"]+)"/.exec(html)?.[1] ?? ''
    const script = await fetch(new URL(source, page.url))
    expect((await script.text()).length).toBeGreaterThan(1_000_000)

    expect((await get('/reset-password?token=x')).headers.get('content-type')).toContain('html')
    const up = await get('/health')
    expect([up.status, await up.json()]).toMatchObject([
      200,
      { status: 'up', parts: { auth: 'up', instances: 'up', nats: 'up' } },
    ])
    expect((await get('/metrics')).status).toBe(404)
    const metrics = await (await fetch(`${gateway.operationsAddress}/metrics`)).text()
    expect(metrics).toMatch(/http_request_duration_seconds_count\{.*route="\/v1\/instances"/)
    expect((await fetch(`${gateway.operationsAddress}/readyz`)).status).toBe(200)

    ready = false
    // One question after the other: none is under way when the process is told to stop.
    const health = async () => (await get('/health')).status
    await expect.poll(health).toBe(503)
    ready = true
    gateway.child.kill('SIGTERM')
    const [code] = (await once(gateway.child, 'exit')) as [number]
    expect(code).toBe(0)
    expect(gateway.output()).toContain('"stopped"')
    expect(gateway.output()).toMatch(/"route":"\/health","status":503,.*"message":"request"/)
  })

  it('ends with every fault of its configuration at once', async () => {
    const gateway = await run({ PORT: 'none', INSTANCES_URL: '' })
    expect(gateway.status()).toBe(78)
    expect(gateway.output()).toMatch(/PORT/)
    expect(gateway.output()).toMatch(/INSTANCES_URL is missing/)
  })
})
