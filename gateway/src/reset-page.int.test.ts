import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDoor, until, type DoorFixture } from './door-fixture.ts'
import { mountResetPage } from './reset-page.ts'
import { readSecurityHeaders } from './security-headers.ts'

let door: DoorFixture
let html = ''
let answered: Response

beforeAll(async () => {
  door = await openDoor({
    upstreamUrl: 'http://127.0.0.1:9',
    door: { securityHeaders: await readSecurityHeaders() },
    prepare: mountResetPage,
  })
  answered = await fetch(`${door.url}/reset-password?token=rst-secret`)
  html = await answered.text()
})
afterAll(() => door.close())

const inside = (tag: string) => new RegExp(`<${tag}>([^]*)</${tag}>`).exec(html)?.[1] ?? ''

it('serves the page of the mailed link, which only its own server may be asked by', () => {
  expect(answered.status).toBe(200)
  expect(answered.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(answered.headers.get('cache-control')).toBe('no-store')
  expect(answered.headers.get('referrer-policy')).toBe('no-referrer')
  expect(answered.headers.get('x-frame-options')).toBe('DENY')
  const hashes = ['script', 'style'].map((tag) => {
    const hash = createHash('sha256').update(inside(tag)).digest('base64')
    return `${tag}-src 'sha256-${hash}'`
  })
  // One policy: a second one beside it would be obeyed as well.
  expect(answered.headers.get('content-security-policy')).toBe(
    `default-src 'none'; ${hashes.join('; ')}; connect-src 'self'; ` +
      "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  )
  expect(html).toContain('<label for="password">')
  expect(html).toContain('autocomplete="new-password"')
  expect(html).not.toMatch(/https?:|\/\/|style="|onclick/)
})

it('keeps the token out of the page and out of the log', async () => {
  expect(html).not.toContain('rst-secret')
  await until(() => door.logged.some(({ route }) => route === '/reset-password'))
  expect(JSON.stringify(door.logged)).not.toContain('rst-secret')
})

it('answers HEAD without the page, and another method with 405', async () => {
  const head = await fetch(`${door.url}/reset-password`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  expect((await fetch(`${door.url}/reset-password`, { method: 'POST' })).status).toBe(405)
})

/** Runs the page's script as a browser does, on as much of a document as it touches. */
function openPage(search: string, answer: () => Promise<Response>) {
  const asked: { path: string; body: unknown }[] = []
  let submit = async (_event: { preventDefault(): void }) => {}
  const parts = {
    form: {
      hidden: false,
      addEventListener: (_type: string, listener: typeof submit) => void (submit = listener),
    },
    input: { value: 'a new long password' },
    button: { disabled: false },
    output: { textContent: '' },
  }
  runInNewContext(inside('script'), {
    document: { querySelector: (name: keyof typeof parts) => parts[name] },
    location: { search, pathname: '/reset-password' },
    history: { replaceState: () => {} },
    URLSearchParams,
    fetch: (path: string, { body }: { body: string }) => {
      asked.push({ path, body: JSON.parse(body) as unknown })
      return answer()
    },
  })
  return { asked, parts, submit: () => submit({ preventDefault() {} }) }
}

it('posts the token of its address with the password, and says that it is set', async () => {
  const page = openPage('?token=rst-secret', async () => new Response(null, { status: 204 }))
  await page.submit()
  expect(page.asked).toEqual([
    {
      path: '/v1/auth/password/reset',
      body: { token: 'rst-secret', password: 'a new long password' },
    },
  ])
  expect(page.parts.output.textContent).toContain('is set')
  expect(page.parts.form.hidden).toBe(true)
})

it('says in words why not, and lets the person try again', async () => {
  const problem = { title: 'The reset link is not valid any more', code: 'reset-token-invalid' }
  const refused = openPage('?token=old', async () => Response.json(problem, { status: 422 }))
  await refused.submit()
  expect(refused.parts.output.textContent).toBe('The reset link is not valid any more')
  expect([refused.parts.form.hidden, refused.parts.button.disabled]).toEqual([false, false])

  const away = openPage('?token=old', () => Promise.reject(new TypeError('fetch failed')))
  await away.submit()
  expect(away.parts.output.textContent).toContain('cannot be reached')
  expect(openPage('', async () => new Response()).parts.output.textContent).toContain('no token')
})
