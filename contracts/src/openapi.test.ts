import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { lintOpenApi } from './lint-openapi.ts'
import { openApiOf, problemCodesOf } from './openapi.ts'
import { binary, defineRoute, routerPathOf, templateOf, wildcardOf } from './route.ts'
import { routes as publicRoutes } from './routes.ts'

// Routes of every kind that bytes pass through, at paths of their own, described as one document.

const ofFiles = {
  context: 'assets',
  path: '/v1/shelves/:shelfId/books/*path',
  permission: 'user',
  params: Type.Object({ shelfId: Type.String(), path: Type.String() }),
  problems: [],
} as const

const readFile = defineRoute({
  ...ofFiles,
  id: 'readBook',
  method: 'GET',
  summary: 'A file',
  rateClass: 'read',
  answers: 'stream',
  requestHeaders: { Range: 'The part that is wanted.' },
  responseHeaders: { 'Content-Range': 'The part that this is.' },
  responses: { 200: binary('application/octet-stream', 'text/plain'), 206: binary('*/*') },
})

const writeFile = defineRoute({
  ...ofFiles,
  id: 'writeBook',
  method: 'PUT',
  summary: 'Writes a file',
  rateClass: 'upload',
  bodyKind: 'stream',
  bodyBytesMax: 1_000,
  responses: { 204: null },
})

const upload = defineRoute({
  ...ofFiles,
  id: 'upload',
  method: 'POST',
  path: '/v1/uploads',
  params: Type.Object({}),
  summary: 'Files by a form',
  rateClass: 'upload',
  bodyKind: 'stream',
  bodyMediaTypes: ['multipart/form-data'],
  body: Type.Object({ instanceId: Type.String() }),
  responses: { 201: null },
})

const askOffset = defineRoute({
  ...ofFiles,
  id: 'askOffset',
  method: 'HEAD',
  path: '/v1/uploads/:uploadId',
  params: Type.Object({ uploadId: Type.String() }),
  summary: 'How far an upload has come',
  rateClass: 'read',
  responses: { 204: null },
})

const askMeans = defineRoute({
  ...askOffset,
  id: 'askMeans',
  method: 'OPTIONS',
  permission: 'anyone',
  summary: 'What this server can',
})

const change = defineRoute({
  ...ofFiles,
  id: 'change',
  method: 'PATCH',
  path: '/v1/things/:thingId',
  params: Type.Object({ thingId: Type.String() }),
  summary: 'Changes a thing',
  rateClass: 'write',
  bodyMediaTypes: ['application/merge-patch+json'],
  body: Type.Object({ name: Type.String() }),
  responses: { 200: Type.Object({ name: Type.String(), version: Type.Integer() }) },
})

const routes = [readFile, writeFile, upload, askOffset, askMeans, change]

test('routes of streams, wildcards, HEAD and OPTIONS are described as the linter wants it', async () => {
  const source = JSON.stringify(openApiOf([...publicRoutes, ...routes]))
  expect(await lintOpenApi(source)).toEqual([])
})

test('a wildcard is one parameter in the description, and nameless in the router', () => {
  expect(templateOf(readFile)).toBe('/v1/shelves/{shelfId}/books/{path}')
  expect(routerPathOf(readFile)).toBe('/v1/shelves/:shelfId/books/*')
  expect(wildcardOf(readFile)).toBe('path')
  expect(routerPathOf(change)).toBe('/v1/things/:thingId')
  expect(wildcardOf(change)).toBeUndefined()
})

test('bodies and answers say their media types, header fields their meaning', () => {
  const { paths } = openApiOf(routes) as { paths: Record<string, Record<string, unknown>> }
  expect(paths['/v1/shelves/{shelfId}/books/{path}']).toMatchObject({
    get: {
      parameters: expect.arrayContaining([
        expect.objectContaining({ name: 'Range', in: 'header' }),
      ]) as unknown,
      responses: {
        200: {
          content: {
            'application/octet-stream': { schema: {} },
            'text/plain': { schema: { type: 'string' } },
          },
          headers: { 'Content-Range': { description: 'The part that this is.' } },
        },
        206: { content: { '*/*': {} } },
      },
    },
    put: { requestBody: { content: { 'application/octet-stream': { schema: {} } } } },
  })
  expect(paths['/v1/uploads']?.['post']).toMatchObject({
    requestBody: {
      content: { 'multipart/form-data': { schema: { required: ['instanceId'] } } },
    },
  })
  expect(Object.keys(paths['/v1/uploads/{uploadId}'] ?? {})).toEqual(['head', 'options'])
  expect(paths['/v1/things/{thingId}']?.['patch']).toMatchObject({
    requestBody: { content: { 'application/json': {}, 'application/merge-patch+json': {} } },
  })
})

test('a stream can be too large, but not malformed; a form of another type is refused', () => {
  expect(problemCodesOf(writeFile)).toContain('body-too-large')
  expect(problemCodesOf(writeFile)).not.toContain('malformed-body')
  expect(problemCodesOf(upload)).toContain('media-type-not-supported')
  expect(problemCodesOf(readFile)).not.toContain('body-too-large')
})
