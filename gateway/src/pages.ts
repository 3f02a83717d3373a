import { defineRoute } from '@atrium/contracts/route.ts'
import { jwksPath } from '@atrium/contracts/routes.ts'
import reference from '@scalar/fastify-api-reference'
import type { FastifyReply } from 'fastify'
import { randomBytes } from 'node:crypto'
import type { Admission, Door } from './door.ts'
import type { WholeHealth } from './health.ts'
import { mountResetPage } from './reset-page.ts'

const page = { context: 'gateway', method: 'GET', permission: 'anyone', problems: [] } as const

const getOpenApi = defineRoute({
  ...page,
  id: 'getOpenApi',
  path: '/openapi.json',
  summary: 'This API as an OpenAPI 3.1 document',
  rateClass: 'read',
  responses: { 200: null },
})

/** Whoever opens the address that the start prints finds the page. */
const openDoor = defineRoute({
  ...page,
  id: 'openDoor',
  path: '/',
  summary: 'Leads to /docs',
  rateClass: 'read',
  responses: { 303: null },
})

const getHealth = defineRoute({
  ...page,
  id: 'getHealth',
  path: '/health',
  summary: 'Whether every part of the platform is up',
  rateClass: 'read',
  responses: { 200: null, 503: null },
})

/** The public keys, passed to auth as they are. */
export const getKeys = defineRoute({
  ...page,
  id: 'getKeys',
  context: 'auth',
  path: jwksPath,
  summary: 'The public keys that verify access tokens',
  rateClass: 'read',
  responses: { 200: null },
})

const docsPath = '/docs'

/** An answer is good for so long: many who ask cost the services one question. */
const healthRememberedMs = 1_000

/**
 * What the gateway says itself: the API's description, a page to read it, the health of the whole,
 * and the page behind a mailed link.
 */
export async function mountPages(parameters: {
  readonly door: Door
  /** The OpenAPI document as JSON text. */
  readonly openApi: string
  readonly askHealth: () => Promise<WholeHealth>
  readonly securityHeaders: Readonly<Record<string, string>>
}) {
  const { door, openApi, askHealth } = parameters
  door.admit(getOpenApi, (request, reply, admission) => {
    answer(reply, admission, 200, request.method === 'HEAD' ? undefined : openApi)
  })
  let asked: { readonly health: Promise<WholeHealth>; readonly atMs: number } | undefined
  door.admit(openDoor, (_request, { raw: response }, admission) => {
    response.writeHead(303, [...admission.headers, 'location', `${docsPath}/`])
    response.end()
  })
  door.admit(getHealth, (_request, reply, admission) => {
    const now = performance.now()
    if (!asked || now - asked.atMs > healthRememberedMs) asked = { health: askHealth(), atMs: now }
    void asked.health.then((health) =>
      answer(reply, admission, health.status === 'up' ? 200 : 503, JSON.stringify(health)),
    )
  })
  mountResetPage(door)
  await mountReference(parameters)
}

function answer(
  { raw: response }: FastifyReply,
  admission: Admission,
  status: number,
  body: string | undefined,
) {
  response.writeHead(status, [
    ...admission.headers,
    'content-type',
    'application/json; charset=utf-8',
    'cache-control',
    'no-store',
  ])
  response.end(body)
}

/** A page that renders the document, its script from this server: it needs no other. */
async function mountReference({ door, securityHeaders }: Parameters<typeof mountPages>[0]) {
  const nonce = randomBytes(16).toString('base64')
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  await door.app.register(reference, {
    routePrefix: docsPath,
    hooks: {
      onRequest(_request, reply, done) {
        void reply.headers({ ...securityHeaders, 'content-security-policy': policy })
        done()
      },
    },
    configuration: {
      url: getOpenApi.path,
      pageTitle: 'Atrium API',
      nonce,
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      hideClientButton: true,
      showDeveloperTools: 'never',
    },
  })
}
