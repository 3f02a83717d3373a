import type { CloneEvent } from '@atrium/contracts/pdf/events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { expect, it } from 'vitest'
import { clone, type CloneRequest } from './clone.ts'

const given = createGiven(clone)
const at = '2026-01-01T00:00:00.000Z'
const request: CloneRequest = {
  cloneId: `cln_${'c'.repeat(32)}`,
  ownerId: `usr_${'0'.repeat(32)}`,
  instanceId: `ins_${'0'.repeat(32)}`,
  publicationId: `pub_${'a'.repeat(32)}`,
  slug: 'my-year',
  requestedAt: at,
}
const requested: CloneEvent = { type: 'CloneRequested', data: request }
const [assetId, copyId, otherCopyId] = ['a', 'b', 'c'].map((each) => `ast_${each.repeat(32)}`) as [
  string,
  string,
  string,
]
const copied = (to: string) => ({ type: 'NoteAssetCopied', assetId, copyId: to, at }) as const
const complete = {
  type: 'CompleteClone',
  projectId: `prj_${'0'.repeat(32)}`,
  at,
} as const

it('is asked for once', () => {
  const ask = { type: 'RequestClone', request, at } as const
  expect(given().when(ask).events).toEqual([requested])
  expect(given(requested).when(ask).events).toEqual([])
})

it('has one copy of each asset: the one that was noted first', () => {
  const { events } = given(requested).when(copied(copyId))
  expect(events).toMatchObject([{ type: 'CloneAssetCopied', data: { assetId, copyId } }])
  const after = given(requested, ...events)
  expect(after.when(copied(otherCopyId)).events).toEqual([])
  expect(after.state).toMatchObject({ copies: new Map([[assetId, copyId]]) })
})

it('ends once, as a project or not at all', () => {
  const { events } = given(requested).when(complete)
  expect(events).toMatchObject([{ type: 'CloneCompleted' }])
  const fail = { type: 'FailClone', errorCode: 'quota-exceeded', at } as const
  expect(given(requested, ...events).when(fail).events).toEqual([])
  expect(given(requested).when(fail).events).toMatchObject([{ type: 'CloneFailed' }])
  expect(given().when(complete).events).toEqual([])
})
