import type { ListingEvent } from '@atrium/contracts/pdf/events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { listing, type Published } from './listing.ts'

const given = createGiven(listing)
const at = '2026-01-01T00:00:00.000Z'
const ownerId = `usr_${'0'.repeat(32)}`
const cloneId = `cln_${'c'.repeat(32)}`

const publication = (letter = 'a'): Published => ({
  publicationId: `pub_${letter.repeat(32)}`,
  slug: 'my-year',
  ownerId,
  projectId: `prj_${'0'.repeat(32)}`,
  instanceId: `ins_${'0'.repeat(32)}`,
  title: 'My year',
  description: '',
  author: 'Ada',
  category: 'planner',
  device: 'remarkable-2',
  contentSha256: 'a'.repeat(64),
  pages: 12,
  assets: [],
  publishedAt: at,
})
const publish = (letter = 'a') =>
  ({ type: 'PublishPlanner', publication: publication(letter), at }) as const
const unpublish = (owner = ownerId) => ({ type: 'UnpublishPlanner', ownerId: owner, at }) as const
const published: ListingEvent = { type: 'PlannerPublished', data: publication() }
const { publicationId, slug } = publication()
const unpublished: ListingEvent = {
  type: 'PlannerUnpublished',
  data: { publicationId, slug, ownerId, unpublishedAt: at },
}

describe('publishing', () => {
  it('takes the slug, and no second planner can have it', () => {
    expect(given().when(publish()).events).toEqual([published])
    expect(given(published).when(publish('b')).rejection?.code).toBe('slug-taken')
  })

  it('can be done again once the slug is free', () => {
    expect(given(published, unpublished).when(publish('b')).events).toHaveLength(1)
  })
})

describe('unpublishing', () => {
  it('is for whoever published it', () => {
    expect(given(published).when(unpublish()).events).toEqual([unpublished])
    const other = given(published).when(unpublish(`usr_${'9'.repeat(32)}`))
    expect(other.rejection?.code).toBe('permission-denied')
    expect(given().when(unpublish()).rejection?.code).toBe('not-found')
  })

  it('comes with the end of its project, and then of no other', () => {
    const withdraw = { type: 'WithdrawPlanner', publicationId, at } as const
    expect(given(published).when(withdraw).events).toEqual([unpublished])
    const next: ListingEvent = { type: 'PlannerPublished', data: publication('b') }
    expect(given(published, unpublished, next).when(withdraw).events).toEqual([])
  })
})

it('counts each copy once', () => {
  const note = { type: 'NoteCloned', publicationId, cloneId, at } as const
  const { events } = given(published).when(note)
  expect(events).toMatchObject([{ type: 'PlannerCloned', data: { cloneId } }])
  expect(given(published, ...events).when(note).events).toEqual([])
  expect(given(published, unpublished).when(note).events).toEqual([])
})

it('tells once that the bytes of what was unpublished are gone', () => {
  const erase = { type: 'NoteErased', publicationId, at } as const
  expect(given(published).when(erase).events).toEqual([])
  const { events } = given(published, unpublished).when(erase)
  expect(events).toMatchObject([{ type: 'PublicationErased', data: { publicationId, slug } }])
  expect(given(published, unpublished, ...events).when(erase).events).toEqual([])
})
