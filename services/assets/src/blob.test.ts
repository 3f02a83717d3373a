import type { BlobEvent } from '@atrium/contracts/assets/blob-events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { blob, variantsMax } from './blob.ts'

const given = createGiven(blob)
const sha256 = '5'.repeat(64)
const ownerId = `usr_${'0'.repeat(32)}`
const reservationId = `rsv_${'e'.repeat(32)}`
const [cover, photo] = [`ast_${'c'.repeat(32)}`, `ast_${'d'.repeat(32)}`]
const at = '2026-01-01T00:00:00.000Z'

const stored = (assetId: string, key: string): BlobEvent => ({
  type: 'BlobStored',
  data: { sha256, assetId, ownerId, reservationId, key, sizeBytes: 9, storedAt: at },
})
const held = (assetId: string): BlobEvent => ({
  type: 'BlobHeld',
  data: { sha256, assetId, ownerId, reservationId, heldAt: at },
})
const released = (assetId: string): BlobEvent => ({
  type: 'BlobReleased',
  data: { sha256, assetId, releasedAt: at },
})
const condemned = (...keys: string[]): BlobEvent => ({
  type: 'BlobCondemned',
  data: { sha256, keys, reason: 'unheld', condemnedAt: at },
})
const variantStored = (variant: string, key: string, storedAt = at): BlobEvent => ({
  type: 'VariantStored',
  data: { sha256, variant, key, tag: key, mediaType: 'image/png', sizeBytes: 3, storedAt },
})

const hold = (assetId: string, key?: string) =>
  ({
    type: 'HoldBlob',
    sha256,
    assetId,
    ownerId,
    reservationId,
    at,
    ...(key === undefined ? {} : { stored: { key, sizeBytes: 9 } }),
  }) as const
const release = (assetId: string) => ({ type: 'ReleaseBlob', sha256, assetId, at }) as const
const storeVariant = (variant: string, madeFrom: string) =>
  ({
    type: 'StoreVariant',
    sha256,
    variant,
    madeFrom,
    key: 'acme/v2',
    tag: 'acme/v2',
    mediaType: 'image/png',
    sizeBytes: 3,
    replacesBefore: at,
    at,
  }) as const

const types = (events: readonly BlobEvent[]) => events.map(({ type }) => type)

describe('holding a blob', () => {
  it('needs the bytes the first time, and none after that', () => {
    expect(given().when(hold(cover)).events).toEqual([])
    expect(given().when(hold(cover, 'acme/1')).events).toEqual([stored(cover, 'acme/1')])
    expect(given(stored(cover, 'acme/1')).when(hold(photo)).events).toEqual([held(photo)])
  })

  it('keeps the bytes that are there when the same come once more', () => {
    const { events } = given(stored(cover, 'acme/1')).when(hold(photo, 'acme/2'))
    expect(events).toEqual([held(photo)])
    expect(given(stored(cover, 'acme/1'), ...events).state.current?.key).toBe('acme/1')
  })

  it('is noted once for each asset', () => {
    expect(given(stored(cover, 'acme/1')).when(hold(cover, 'acme/2')).events).toEqual([])
  })

  it('needs new bytes, under another key, where the old ones are condemned', () => {
    const history = [stored(cover, 'acme/1'), released(cover), condemned('acme/1')]
    expect(given(...history).when(hold(photo)).events).toEqual([])
    const { events } = given(...history).when(hold(photo, 'acme/2'))
    const { state } = given(...history, ...events)
    expect(state.current?.key).toBe('acme/2')
    expect([...state.condemned]).toEqual(['acme/1'])
  })
})

describe('releasing a blob', () => {
  it('condemns the bytes and what was made of them with the last holder', () => {
    const history = [stored(cover, 'acme/1'), held(photo), variantStored('w=9', 'acme/v1')]
    expect(types(given(...history).when(release(cover)).events)).toEqual(['BlobReleased'])
    const last = given(...history, released(cover)).when(release(photo))
    expect(last.events).toEqual([released(photo), condemned('acme/1', 'acme/v1')])
  })

  it('does nothing for an asset that holds nothing', () => {
    expect(given(stored(cover, 'acme/1')).when(release(photo)).events).toEqual([])
    expect(given().when(release(photo)).events).toEqual([])
  })

  it('forgets a condemned key once its bytes are gone', () => {
    const history = [stored(cover, 'acme/1'), released(cover), condemned('acme/1')]
    const note = { type: 'NoteRemoval', sha256, at } as const
    const { events } = given(...history).when({ ...note, keys: ['acme/1', 'acme/other'] })
    expect(events).toMatchObject([{ type: 'BlobRemoved', data: { keys: ['acme/1'] } }])
    const after = given(...history, ...events)
    expect(after.state.condemned.size).toBe(0)
    expect(after.when({ ...note, keys: ['acme/1'] }).events).toEqual([])
  })
})

describe('a lost blob', () => {
  it('keeps its holders, and is whole again when the same bytes come once more', () => {
    const lost = { type: 'CondemnLost', sha256, key: 'acme/1', at } as const
    const { events } = given(stored(cover, 'acme/1')).when(lost)
    expect(events).toMatchObject([{ type: 'BlobCondemned', data: { reason: 'lost' } }])
    const after = given(stored(cover, 'acme/1'), ...events)
    expect(after.when(lost).events).toEqual([])
    expect(after.when(hold(cover, 'acme/2')).events).toEqual([stored(cover, 'acme/2')])
    expect(types(after.when(release(cover)).events)).toEqual(['BlobReleased'])
  })
})

describe('a variant', () => {
  it('is noted once, and only of the bytes that it was made from', () => {
    const history = [stored(cover, 'acme/1')]
    const { events } = given(...history).when(storeVariant('w=9', 'acme/1'))
    expect(events).toEqual([variantStored('w=9', 'acme/v2')])
    expect(given(...history, ...events).when(storeVariant('w=9', 'acme/1')).events).toEqual([])
    expect(given(...history).when(storeVariant('w=9', 'acme/0')).events).toEqual([])
    const gone = [...history, released(cover), condemned('acme/1')]
    expect(given(...gone).when(storeVariant('w=9', 'acme/1')).events).toEqual([])
  })

  const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00.000Z`
  const full = [
    stored(cover, 'acme/1'),
    ...Array.from({ length: variantsMax }, (_, n) => variantStored(`w=${n}`, `acme/v${n}`, day(2))),
  ]

  it('takes the place of the oldest where a picture has as many as it may', () => {
    const command = { ...storeVariant('w=99', 'acme/1'), key: 'acme/new', replacesBefore: day(3) }
    const { events } = given(...full).when(command)
    expect(events).toMatchObject([
      { type: 'VariantDropped', data: { variant: 'w=0', key: 'acme/v0', reason: 'room' } },
      { type: 'VariantStored', data: { variant: 'w=99', key: 'acme/new' } },
    ])
    const { state } = given(...full, ...events)
    expect(state.current?.variants.size).toBe(variantsMax)
    expect([...state.condemned]).toEqual(['acme/v0'])
  })

  it('is not noted where all the others are too young to go', () => {
    const command = { ...storeVariant('w=99', 'acme/1'), replacesBefore: day(2) }
    expect(given(...full).when(command).events).toEqual([])
  })

  it('is dropped by its key, and its bytes are to be removed', () => {
    const drop = (...keys: string[]) =>
      ({ type: 'DropVariants', sha256, keys, reason: 'lost', at }) as const
    const { events } = given(...full).when(drop('acme/v3', 'acme/other', 'acme/1'))
    expect(events).toMatchObject([{ type: 'VariantDropped', data: { variant: 'w=3' } }])
    const after = given(...full, ...events)
    expect(after.state.condemned.has('acme/v3')).toBe(true)
    expect(after.when(drop('acme/v3')).events).toEqual([])
    const gone = after.when(release(cover)).events
    expect(gone).toMatchObject([{ type: 'BlobReleased' }, { type: 'BlobCondemned' }])
    expect(gone.flatMap(({ data }) => ('keys' in data ? data.keys : []))).not.toContain('acme/v3')
  })
})
