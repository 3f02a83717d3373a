import type { SourceEvent } from '@atrium/contracts/pdf/events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { expect, it } from 'vitest'
import { source, type SourceCommand } from './source.ts'

const given = createGiven(source)
const of = {
  sourceId: `prj_${'0'.repeat(32)}`,
  kind: 'project',
  at: '2026-01-01T00:00:00.000Z',
} as const
/** What a series of commands has written. */
function after(...types: readonly SourceCommand['type'][]): readonly SourceEvent[] {
  let history: readonly SourceEvent[] = []
  for (const type of types) {
    history = [...history, ...given(...history).when({ type, ...of }).events]
  }
  return history
}

it('is hidden, shown again, and removed for good', () => {
  const types = after('HideSource', 'ShowSource', 'HideSource', 'RemoveSource', 'ShowSource')
  expect(types.map(({ type }) => type)).toEqual([
    'SourceHidden',
    'SourceShown',
    'SourceHidden',
    'SourceRemoved',
  ])
})

it('changes nothing twice', () => {
  expect(after('HideSource', 'HideSource')).toHaveLength(1)
  expect(after('ShowSource')).toHaveLength(0)
  expect(after('RemoveSource', 'RemoveSource', 'HideSource')).toHaveLength(1)
})
