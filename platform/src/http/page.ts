import { Type, type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { invalid } from '../rejection.ts'
import { textFaults } from './body.ts'

/** One list's cursors: where its next page begins, opaque to clients. */
export interface Cursors<Place> {
  encode(place: Place): string
  /** Undefined for the first page. Throws Rejection `validation-failed` at `/query/cursor`. */
  decode(cursor: string | undefined): Place | undefined
}

/**
 * A time in a cursor, spelled as JavaScript spells it, of the years that PostgreSQL has in that
 * spelling too: a cursor of a client's own making must not fail there.
 */
export const CursorTime = Type.String({
  format: 'date-time',
  pattern: String.raw`^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d\.\d{3}Z$`,
})

/**
 * Cursors that hold the sort key of a page's last item, e.g. `Type.Tuple([CursorTime,
 * InstanceId])`. They grant nothing: the query that uses one filters by caller as ever. So they are
 * checked, by schema and by being spelled as we spell them, and not signed.
 */
export function createCursors<Schema extends TSchema>(schema: Schema): Cursors<Static<Schema>> {
  const compiled = Compile(schema)
  const encode = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url')
  return {
    encode,
    decode(cursor) {
      if (cursor === undefined) return undefined
      const place = parse(cursor)
      if (!compiled.Check(place) || encode(place) !== cursor || textFaults(place, '').length > 0) {
        throw invalid({
          pointer: '/query/cursor',
          code: 'wrong-format',
          detail: 'is not a cursor that was given out',
        })
      }
      return place
    },
  }
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

/** A page from up to `limit + 1` rows: the one too many tells that there is another page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items: shown.map(itemOf), nextCursor: more ? cursorOf(last) : null }
}
