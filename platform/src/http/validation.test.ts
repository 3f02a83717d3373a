import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { Rejection } from '../rejection.ts'
import { testRoute } from '../testkit/http-server.ts'
import { createValidation } from './validation.ts'

const operation = Type.Union([
  Type.Object({ op: Type.Literal('add'), value: Type.String({ minLength: 2 }) }),
  Type.Object({ op: Type.Literal('remove') }),
])
const mediaType = 'application/list+json'
const check = createValidation().forRoute(
  testRoute({
    method: 'POST',
    body: Type.Object({}),
    bodyMediaTypes: [mediaType],
    bodySchemas: { [mediaType]: Type.Array(operation, { maxItems: 4 }) },
  }),
)

function faultsIn(body: unknown) {
  try {
    check({ params: {}, query: {}, body, mediaType })
    return []
  } catch (error) {
    if (error instanceof Rejection) return error.extensions['errors']
    throw error
  }
}

test('each item that fits no branch of a union is told, by its own fault', () => {
  const short = { op: 'add', value: 'x' }
  expect(faultsIn([{ op: 'remove' }, 1, short, 'x', short])).toMatchObject([
    { pointer: '', code: 'too-many' },
    { pointer: '/1', code: 'not-allowed' },
    { pointer: '/2/value', code: 'too-short' },
    { pointer: '/3', code: 'not-allowed' },
    { pointer: '/4/value', code: 'too-short' },
  ])
})

// Every fault of 16,000 numbers took two minutes to collect; the limit is that of the test.
test('of a large body the first fault is told', () => {
  const wrong = Array.from({ length: 400_000 }, () => 1)
  expect(faultsIn(wrong)).toMatchObject([{ pointer: '', code: 'too-many' }])
})

test('of many faults those are told that there is room for', () => {
  expect(faultsIn(Array.from({ length: 9_000 }, () => 1))).toHaveLength(50)
})
