import type { TSchema } from 'typebox'
import * as assets from './assets/http.ts'
import * as auth from './auth/http.ts'
import { examples } from './examples.ts'
import * as instances from './instances/http.ts'
import * as projects from './instances/project.ts'
import * as design from './pdf/design-http.ts'
import * as gallery from './pdf/gallery-http.ts'
import * as pdf from './pdf/job-http.ts'
import { Diagnostic } from './pdf/schema.ts'
import { headers, parameters, problemSchema } from './openapi-components.ts'
import { problems, problemTypeOf, type ProblemCode } from './problem.ts'
import { isBinary, templateOf, type AnswerBody, type RouteDefinition } from './route.ts'

type Json = Readonly<Record<string, unknown>>

/** Schemas that stand under a name of their own, wherever the same shape is used. */
const named: Readonly<Record<string, TSchema>> = {
  Instance: instances.Instance,
  DeletionPreview: instances.DeletionPreview,
  Project: projects.Project,
  ProjectSummary: projects.ProjectSummary,
  ProjectChange: projects.ProjectChange,
  ProjectContent: projects.ProjectContent,
  User: auth.User,
  Tokens: auth.Tokens,
  Session: auth.Session,
  Tenant: auth.Tenant,
  Job: pdf.Job,
  JobBatch: pdf.JobBatch,
  Diagnostic,
  Device: design.Device,
  Publication: gallery.Publication,
  Clone: gallery.Clone,
  LintReport: design.LintReport,
  Asset: assets.Asset,
  Link: assets.Link,
  AssetUsage: assets.AssetUsage,
}

const nameOf = new Map(
  Object.entries(named).map(([name, schema]) => [JSON.stringify(schema), name]),
)

/** OpenAPI 3.1 of the public door. The same routes give the same document, byte for byte. */
export function openApiOf(routes: readonly RouteDefinition[]): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    const item = (paths[templateOf(route)] ??= {})
    item[route.method.toLowerCase()] = operationOf(route)
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Atrium',
      version: '1',
      summary: 'Sign-in and tenancy, and instances: separate work areas of a person.',
      description:
        'Every error is a problem of RFC 9457 with a stable `code`. Every write answers with a ' +
        '`Consistency-Token`; a read that sends it back sees what was written, or says 503. Only ' +
        '`forgotPassword` and `openSignInLocks` give none: no read shows what they write.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The door that serves this document.' }],
    tags: [...new Set(routes.map(({ context }) => context))].map((context) => ({
      name: context,
      description: tagDescriptions[context],
    })),
    security: [{ accessToken: [] }],
    paths,
    components: {
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The access token that signing in answered: ES256, ten minutes.',
        },
      },
      schemas: { ...componentSchemas(), Problem: problemSchema },
      parameters: componentParameters(routes),
      headers,
      responses: componentResponses(routes),
    },
  }
}

const tagDescriptions: Readonly<Record<RouteDefinition['context'], string>> = {
  auth: 'Accounts, sessions and tenants.',
  instances: 'Work areas of a person, and the projects in them.',
  assets: 'Pictures and files, and what they take up.',
  pdf: 'Planners as PDF for e-ink devices, and the gallery of planners.',
  gateway: 'What the door itself answers.',
}

function operationOf(route: RouteDefinition): Json {
  const parameterList = parametersOf(route)
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.context],
    ...(route.permission === 'anyone' ? { security: [] } : {}),
    'x-permission': route.permission,
    'x-rate-class': route.rateClass,
    parameters: parameterList,
    ...requestBodyOf(route),
    responses: { ...answersOf(route), ...refusalsOf(route) },
  }
}

function requestBodyOf(route: RouteDefinition): Json {
  const { id, body, bodyKind, bodyMediaTypes = [], bodySchemas = {} } = route
  if (bodyKind === 'stream') {
    const mediaTypes = bodyMediaTypes.length > 0 ? bodyMediaTypes : ['application/octet-stream']
    const content = mediaTypes.map((mediaType) => [
      mediaType,
      { schema: body && mediaType.startsWith('multipart/') ? refer(body) : bytes },
    ])
    const required = route.bodyIsOptional !== true
    return { requestBody: { required, content: Object.fromEntries(content) as Json } }
  }
  if (!body) return {}
  const isOther = (mediaType: string) => bodySchemas[mediaType] !== undefined
  const mediaTypes = ['application/json', ...bodyMediaTypes.filter((each) => !isOther(each))]
  const content = {
    ...jsonOf(body, examples[id]?.body, mediaTypes),
    ...Object.fromEntries(
      Object.entries(bodySchemas).map(([type, schema]) => [type, { schema: refer(schema) }]),
    ),
  }
  return { requestBody: { required: true, content } }
}

/** OpenAPI 3.1 describes bytes by their media type; their schema says nothing. */
const bytes: Json = {}

function parametersOf(route: RouteDefinition): readonly Json[] {
  const own = (place: 'path' | 'query', schema: RouteDefinition['params']) =>
    Object.entries(schema?.properties ?? {}).map(([name, property]) => {
      const { description, ...rest } = refer(property) as Json & { description?: string }
      return {
        name,
        in: place,
        required: place === 'path' || (schema?.required?.includes(name) ?? false),
        ...describe(name, description),
        schema: rest,
      }
    })
  const shared = [
    'Tenant',
    'ConsistencyToken',
    ...(route.idempotencyKey ? ['IdempotencyKey'] : []),
    ...(route.ifMatch ? [route.ifMatch === 'required' ? 'IfMatchRequired' : 'IfMatch'] : []),
  ]
  return [
    ...own('path', route.params),
    ...own('query', route.query),
    ...shared.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ...Object.entries(route.requestHeaders ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      description,
      schema: { type: 'string' },
    })),
  ]
}

function describe(name: string, description: string | undefined): { description?: string } {
  const known: Readonly<Record<string, string>> = {
    limit: 'Items of a page, at most.',
    cursor: "The page before's `nextCursor`. One that was not given out is 422.",
  }
  const text = description ?? known[name]
  return text === undefined ? {} : { description: text }
}

function answersOf(route: RouteDefinition): Json {
  const own = Object.entries(route.responseHeaders ?? {}).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ])
  const answers = Object.entries(route.responses).map(([status, body]) => {
    const names = ['X-Correlation-Id', 'RateLimit', 'RateLimit-Policy', 'Consistency-Token']
    if (hasVersion(body)) names.push('ETag')
    return [
      status,
      {
        description: statusTexts[Number(status)] ?? 'Done.',
        headers: { ...headerRefs(names), ...(Object.fromEntries(own) as Json) },
        ...contentOf(body, examples[route.id]?.answer),
      },
    ]
  })
  return Object.fromEntries(answers) as Json
}

function hasVersion(body: AnswerBody): boolean {
  const { properties = {} } = (body ?? {}) as { readonly properties?: object }
  return 'version' in properties
}

function contentOf(body: AnswerBody, example: unknown): Json {
  if (body === null) return {}
  if (!isBinary(body)) return { content: jsonOf(body, example) }
  const text = (mediaType: string) => (mediaType.startsWith('text/') ? { type: 'string' } : bytes)
  const content = body.mediaTypes.map((mediaType) => [mediaType, { schema: text(mediaType) }])
  return { content: Object.fromEntries(content) as Json }
}

function jsonOf(schema: TSchema, example: unknown, mediaTypes = ['application/json']): Json {
  const shown = { schema: refer(schema), ...(example === undefined ? {} : { example }) }
  return Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, shown]))
}

const statusTexts: Readonly<Record<number, string>> = {
  200: 'As asked.',
  201: 'Created.',
  202: 'Taken; it will be done.',
  204: 'Done.',
  206: 'The part that was asked for.',
  304: 'What the client has is still right.',
}

/** The codes that a route can answer beside its own. */
export function problemCodesOf(route: RouteDefinition): readonly ProblemCode[] {
  const codes: ProblemCode[] = [
    'malformed-request',
    'request-timeout',
    'uri-too-long',
    'headers-too-large',
    'rate-limited',
    'internal-error',
    'upstream-failed',
    'unavailable',
    'not-yet-consistent',
    'upstream-timeout',
    ...route.problems,
  ]
  if (route.permission !== 'anyone')
    codes.push('not-signed-in', 'session-revoked', 'tenant-mismatch')
  if (route.permission === 'tenants:manage') codes.push('permission-denied')
  if (route.params) codes.push('not-found')
  if (route.params || route.query || route.body) codes.push('validation-failed')
  if (route.bodyKind === 'stream') codes.push('body-too-large')
  else if (route.body) codes.push('malformed-body', 'body-too-large')
  if (route.body || route.bodyMediaTypes) codes.push('media-type-not-supported')
  if (route.idempotencyKey) codes.push('idempotency-key-in-flight', 'idempotency-key-reused')
  if (route.ifMatch) codes.push('version-conflict')
  if (route.ifMatch === 'required') codes.push('precondition-required')
  return [...new Set(codes)].toSorted()
}

/** A route's refusals by status. Each set of codes stands once among the components. */
function refusalsOf(route: RouteDefinition): Json {
  const byName = Object.entries(refusalGroupsOf(route)).map(([status, codes]) => [
    status,
    { $ref: `#/components/responses/${refusalNameOf(codes)}` },
  ])
  return Object.fromEntries(byName) as Json
}

const refusalNameOf = (codes: readonly ProblemCode[]) => codes.join('.')

function refusalGroupsOf(route: RouteDefinition): Readonly<Record<string, readonly ProblemCode[]>> {
  const codes = problemCodesOf(route)
  const statuses = [...new Set(codes.map((code) => problems[code].status))].toSorted(
    (a, b) => a - b,
  )
  const groups = statuses.map((status) => [
    String(status),
    codes.filter((code) => problems[code].status === status),
  ])
  return Object.fromEntries(groups) as Readonly<Record<string, readonly ProblemCode[]>>
}

function componentResponses(routes: readonly RouteDefinition[]): Json {
  const groups = routes.flatMap((route) => Object.values(refusalGroupsOf(route)))
  const byName = new Map(groups.map((codes) => [refusalNameOf(codes), refusalOf(codes)]))
  return Object.fromEntries([...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function refusalOf(codes: readonly ProblemCode[]): Json {
  const [first = 'internal-error'] = codes
  const { status } = problems[first]
  const names = ['X-Correlation-Id']
  if (status === 429) names.push('Retry-After', 'RateLimit', 'RateLimit-Policy')
  if (status === 503) names.push('Retry-After')
  const schema = {
    allOf: [{ $ref: '#/components/schemas/Problem' }],
    properties: { code: { enum: codes }, status: { const: status } },
  }
  return {
    description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
    headers: headerRefs(names),
    content: { 'application/problem+json': { schema, example: problemExampleOf(first) } },
  }
}

function problemExampleOf(code: ProblemCode): Json {
  return { type: problemTypeOf(code), ...problems[code], code }
}

/** Without what no route refers to. */
function componentParameters(routes: readonly RouteDefinition[]): Json {
  const { IfMatchRequired, ...others } = parameters
  const required = routes.some(({ ifMatch: rule }) => rule === 'required')
  return required ? { ...others, IfMatchRequired } : others
}

const headerRefs = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

/** A schema as plain JSON, in which named shapes are references. */
function refer(schema: unknown): Json {
  return referInside(JSON.parse(JSON.stringify(schema))) as Json
}

function referInside(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(referInside)
  const name = nameOf.get(JSON.stringify(value))
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, referInside(item)]))
}

function componentSchemas(): Json {
  const schemas = Object.entries(named).map(([name, schema]) => {
    const plain = JSON.parse(JSON.stringify(schema)) as Json
    const inside = Object.entries(plain).map(([key, item]) => [key, referInside(item)])
    return [name, Object.fromEntries(inside) as Json]
  })
  return Object.fromEntries(schemas) as Json
}
