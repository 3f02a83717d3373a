import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'
import { Check } from 'typebox/value'
import { expect, test } from 'vitest'
import { documents } from './documents.ts'
import { examples } from './examples.ts'
import { problemCodesOf } from './openapi.ts'
import { problems, type ProblemCode } from './problem.ts'
import { isBinary, templateOf } from './route.ts'
import { lintOpenApi } from './lint-openapi.ts'
import { routes } from './routes.ts'

const generated = documents()
const contentOf = (name: string) => generated[name] ?? ''

test.each(Object.keys(generated))('docs/%s is what `npm run contracts` writes', (name) => {
  const committed = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
  expect(committed === contentOf(name), `docs/${name} differs: run npm run contracts`).toBe(true)
})

test('the public linter of Redocly finds nothing in the OpenAPI document', async () => {
  expect(await lintOpenApi(contentOf('openapi.json'))).toEqual([])
})

test("AsyncAPI's own parser finds nothing in the AsyncAPI document", async () => {
  const { document, diagnostics } = await new Parser().parse(contentOf('asyncapi.json'))
  expect(document).toBeDefined()
  expect(diagnostics.map(({ code, message }) => `${String(code)}: ${message}`)).toEqual([])
})

test('the OpenAPI document has every route, with its security and its headers', () => {
  const { paths } = JSON.parse(contentOf('openapi.json')) as {
    paths: Record<
      string,
      Record<string, { operationId: string; security?: []; parameters: { $ref?: string }[] }>
    >
  }
  for (const route of routes) {
    const operation = paths[templateOf(route)]?.[route.method.toLowerCase()]
    expect(operation?.operationId).toBe(route.id)
    expect(operation?.security === undefined).toBe(route.permission !== 'anyone')
    const shared = operation?.parameters.map(({ $ref }) => $ref?.split('/').at(-1)) ?? []
    expect(shared.includes('IdempotencyKey')).toBe(route.idempotencyKey === true)
    expect(shared.includes('IfMatch')).toBe(route.ifMatch === 'optional')
    expect(shared).toContain('ConsistencyToken')
    expect(shared).not.toContain('CorrelationId') // the door makes its own
  }
})

test('every body that is sent or answered has an example, which fits its schema', () => {
  const shown = routes.flatMap(({ id, body, bodyKind, responses }) => {
    const answers = Object.values(responses).flatMap((answer) =>
      answer === null || isBinary(answer) ? [] : [answer],
    )
    return [
      ...(body && bodyKind !== 'stream' ? [{ id, schema: body, example: examples[id]?.body }] : []),
      ...answers.map((schema) => ({ id, schema, example: examples[id]?.answer })),
    ]
  })
  expect(shown.length).toBeGreaterThan(20)
  expect(shown.filter(({ schema, example }) => !Check(schema, example))).toEqual([])
  const known = new Set<string>(shown.map(({ id }) => id))
  expect(Object.keys(examples).filter((id) => !known.has(id))).toEqual([])
  const document = JSON.stringify(JSON.parse(contentOf('openapi.json')))
  const hidden = shown.filter(
    ({ example }) => !document.includes(JSON.stringify({ example }).slice(1, -1)),
  )
  expect(hidden).toEqual([])
})

test('every problem of the table can be answered by some route, but one', () => {
  const answered = new Set(routes.flatMap(problemCodesOf))
  // A method that a path does not take belongs to no route.
  const unanswered = (Object.keys(problems) as ProblemCode[]).filter((code) => !answered.has(code))
  expect(unanswered).toEqual(['method-not-allowed'])
})

test('operation ids, and pairs of method and path, are unique', () => {
  for (const keys of [
    routes.map(({ id }) => id),
    routes.map(({ method, path }) => `${method} ${path}`),
  ]) {
    expect(new Set(keys).size).toBe(keys.length)
  }
})
