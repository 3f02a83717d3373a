import type { QueryConfig } from 'pg'
import type { CheckedAppend } from '../serialise.ts'
import { int4Array, int8Array, textArray, uuidArray } from './binary-array.ts'

/** What the store made of one append. */
export type Outcome =
  | { readonly status: 'appended'; readonly revision: number; readonly position: number }
  | { readonly status: 'refused'; readonly last: number }
  | { readonly status: 'ended' }

/** The position before the group, and what became of its appends: see schema.sql. */
export type CommitRow = readonly [base: string, outcomes: string | null]

const expectedCodes = { none: -1, any: -2 } as const

/** What commits a group of appends; one event alone, as it comes when few append, has its own. */
export function commitStatement(group: readonly CheckedAppend[]): QueryConfig {
  const [append] = group
  const [event] = append?.events ?? []
  if (append && event && group.length === 1 && append.events.length === 1) {
    const { id, type, data, metadata } = event
    return {
      name: 'commit-one',
      text: 'select base, outcomes from event_store.commit_one($1, $2, $3, $4, $5, $6)',
      values: [append.stream, codeOf(append), id, type, data, metadata],
    }
  }
  return {
    name: 'commit-group',
    text: `select base, outcomes
      from event_store.commit_group($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: groupValues(group),
  }
}

const codeOf = ({ expected }: CheckedAppend) =>
  typeof expected === 'number' ? expected : expectedCodes[expected]

function groupValues(group: readonly CheckedAppend[]): (Buffer | null)[] {
  const streams: string[] = []
  const expected: number[] = []
  const befores: number[] = []
  const firsts: number[] = []
  const owners: number[] = []
  const ids: string[] = []
  const types: string[] = []
  const data: string[] = []
  const metadata: string[] = []
  const firstOf = new Map<string, number>()
  for (const append of group) {
    const number = streams.push(append.stream)
    const first = firstOf.get(append.stream) ?? number
    if (first === number) firstOf.set(append.stream, number)
    expected.push(codeOf(append))
    befores.push(ids.length)
    firsts.push(first)
    for (const event of append.events) {
      owners.push(number)
      ids.push(event.id)
      types.push(event.type)
      data.push(event.data)
      metadata.push(event.metadata)
    }
  }
  return [
    textArray('text', streams),
    int8Array(expected),
    int4Array(befores),
    firstOf.size < streams.length ? int4Array(firsts) : null,
    int4Array(owners),
    uuidArray(ids),
    textArray('text', types),
    textArray('json', data),
    textArray('json', metadata),
  ]
}

/** The outcomes in the group's order. */
export function outcomesOf(group: readonly CheckedAppend[], row: CommitRow | undefined): Outcome[] {
  if (!row) throw new Error('the commit of a group returned no row')
  const codes = row[1]?.slice(1, -1).split(',')
  let position = Number(row[0])
  return group.map((append, index): Outcome => {
    const code = codes ? codes[index] : firstRevision(append.expected)
    if (code === undefined) throw new Error(`the commit of a group left out append ${index}`)
    if (code === 'NULL') return { status: 'ended' }
    const first = Number(code)
    if (first < 0) return { status: 'refused', last: -2 - first }
    position += append.events.length
    return { status: 'appended', revision: first + append.events.length - 1, position }
  })
}

/** Of an append whose stream was as expected. */
const firstRevision = (expected: CheckedAppend['expected']) =>
  expected === 'any' ? undefined : expected === 'none' ? 0 : expected + 1
