import { expect, test } from 'vitest'
import { Rejection } from '../rejection.ts'
import { parseJson } from './body.ts'

const refusalOf = (text: string): unknown => {
  try {
    parseJson(Buffer.from(text))
    return undefined
  } catch (error) {
    if (error instanceof Rejection) return error.extensions['errors']
    throw error
  }
}

const tooMany = [expect.objectContaining({ pointer: '', code: 'too-many' })]
const list = (count: number, item: (index: number) => string) =>
  `[${Array.from({ length: count }, (_, index) => item(index)).join()}]`
const object = (count: number, name: (index: number) => string) =>
  `{${Array.from({ length: count }, (_, index) => `"${name(index)}":1`).join()}}`

test('a body holds at most 500,000 values', () => {
  expect(refusalOf(list(499_998, () => '1'))).toBeUndefined()
  for (const item of ['1', '[]', '{"a":1}', '"a,b"'])
    expect(refusalOf(list(500_000, () => item)), item).toEqual(tooMany)
})

test('commas, brackets and names inside of texts are no values', () => {
  expect(refusalOf(JSON.stringify(['",[{'.repeat(200_000), '\\', '":1'.repeat(30_000)]))).toBe(
    undefined,
  )
})

test('a body holds at most 20,000 different names, which may come again and again', () => {
  const name = (index: number) => `n${index}`
  expect(refusalOf(list(10, () => object(20_000, name)))).toBeUndefined()
  expect(refusalOf(object(20_001, name))).toEqual(tooMany)
})

// Each order of names is a layout of its own to an engine: 500,000 of them take it 3 s to parse.
test('the same names in ever other orders count as others', () => {
  const turned = (by: number) => object(100, (index) => `n${(index + by) % 1_000}`)
  expect(refusalOf(list(199, turned))).toBeUndefined()
  expect(refusalOf(list(400, turned))).toEqual(tooMany)
})

test('what stands behind an inner object goes on where the outer one was', () => {
  const nested = (index: number) => `{"a":1,"o":{"b":{"c":${index}}},"d":2}`
  expect(refusalOf(list(40_000, nested))).toBeUndefined()
})

test('what is no JSON is weighed without end or fault', () => {
  for (const text of ['"', '"\\', '{'.repeat(90), '}'.repeat(90), '{"a":}}}]', ':::', ',,,'])
    expect(() => parseJson(Buffer.from(text)), text).toThrow('malformed-body')
})
