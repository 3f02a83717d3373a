import { passwordLength, resetPassword } from '@atrium/contracts/auth/http.ts'
import { defineRoute } from '@atrium/contracts/route.ts'
import { createHash } from 'node:crypto'
import type { Door } from './door.ts'

/** Where the link that auth mails leads. Its token is in the query, which no log shows. */
const openResetPage = defineRoute({
  id: 'openResetPage',
  context: 'gateway',
  method: 'GET',
  path: '/reset-password',
  summary: 'The page behind a mailed link: sets a new password',
  permission: 'anyone',
  rateClass: 'read',
  responses: { 200: null },
  problems: [],
})

/** Takes the token from its own address, so that no answer of a server ever holds one. */
const script = `
const form = document.querySelector('form')
const password = document.querySelector('input')
const button = document.querySelector('button')
const told = document.querySelector('output')
const token = new URLSearchParams(location.search).get('token')

function inWords(problem) {
  const faults = (problem.errors ?? []).map((fault) => fault.detail)
  return [problem.title, problem.detail, ...faults].filter(Boolean).join('. ')
}

async function set() {
  const answer = await fetch('${resetPassword.path}', {
    method: '${resetPassword.method}',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, password: password.value }),
  })
  if (!answer.ok) return inWords(await answer.json())
  form.hidden = true
  history.replaceState(null, '', location.pathname)
  return 'The new password is set. Sign in with it.'
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  button.disabled = true
  told.textContent = ''
  told.textContent = await set().catch(() => 'The server cannot be reached. Try again.')
  button.disabled = false
})

if (!token) {
  form.hidden = true
  told.textContent = 'This link has no token. Open it just as it was mailed.'
}
`

const style = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 15vh auto; padding: 0 1rem }
input, button { display: block; box-sizing: border-box; width: 100%; margin: 0.5rem 0 1rem }
input, button { font: inherit; padding: 0.5rem }
`

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>New password</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>New password</h1>
<form method="post">
<label for="password">New password, ${passwordLength.minLength} characters or more</label>
<input id="password" type="password" autocomplete="new-password" required
  minlength="${passwordLength.minLength}" maxlength="${passwordLength.maxLength}">
<button>Set the password</button>
</form>
<output for="password" role="status"></output>
<noscript>This page needs JavaScript to send the password.</noscript>
</main>
<script>${script}</script>
</body>
</html>
`

/** The page names no other server, and its policy lets it ask none. */
export function mountResetPage(door: Door) {
  const fields = new Map([
    ['content-type', 'text/html; charset=utf-8'],
    ['content-security-policy', policy()],
    ['referrer-policy', 'no-referrer'],
    ['cache-control', 'no-store'],
  ])
  door.admit(openResetPage, (_request, { raw: response }, { headers }) => {
    const others = headers.flatMap((name, at) =>
      at % 2 === 0 && !fields.has(name.toLowerCase()) ? [name, headers[at + 1] ?? ''] : [],
    )
    response.writeHead(200, [...others, ...[...fields].flat()])
    response.end(html)
  })
}

function policy() {
  const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  return [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
