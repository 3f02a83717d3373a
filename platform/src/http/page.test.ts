import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { createCursors, CursorTime, pageOf } from './page.ts'

const cursors = createCursors(Type.Tuple([CursorTime, Type.Integer()]))
const place: [string, number] = ['2026-11-24T08:30:00.000Z', 7]

test('a cursor leads back to its place, none to the beginning', () => {
  expect(cursors.decode(cursors.encode(place))).toEqual(place)
  expect(cursors.decode(undefined)).toBeUndefined()
})

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
test.each([
  '',
  'nonsense',
  encoded([7, place[0]]),
  encoded([...place, 1]),
  encoded({ 0: place[0] }),
  `${encoded(place)}=`,
  encoded(['\u0000', 7]),
  encoded(['0000-01-01T00:00:00.000Z', 7]),
  encoded(['2026-02-30T00:00:00.000Z', 7]),
  encoded(['2026-12-31T23:59:60.000Z', 7]),
  encoded(['2026-01-01T00:00:00.000+23:59', 7]),
])('%j is refused as a cursor', (cursor) => {
  expect(() => cursors.decode(cursor)).toThrow(
    expect.objectContaining({
      code: 'validation-failed',
      extensions: { errors: [expect.objectContaining({ pointer: '/query/cursor' })] },
    }) as Error,
  )
})

test('text that no database can compare is refused inside a cursor as well', () => {
  const words = createCursors(Type.Tuple([Type.String()]))
  expect(() => words.decode(encoded(['a\u0000']))).toThrow('validation-failed')
})

test('a page ends with a cursor only where one row more was found', () => {
  const page = (rows: number[]) => pageOf(rows, 2, (row) => row * 10, String)
  expect(page([1, 2, 3])).toEqual({ items: [10, 20], nextCursor: '2' })
  expect(page([1, 2])).toEqual({ items: [10, 20], nextCursor: null })
  expect(page([])).toEqual({ items: [], nextCursor: null })
})
