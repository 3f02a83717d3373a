import type { LinkEvent } from '@atrium/contracts/assets/link-events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { link } from './link.ts'

const given = createGiven(link)
const which = {
  linkId: `lnk_${'a'.repeat(32)}`,
  assetId: `ast_${'b'.repeat(32)}`,
  instanceId: `ins_${'c'.repeat(32)}`,
  ownerId: `usr_${'d'.repeat(32)}`,
}
const minute = (number: number) => new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString()

const created = (downloadsMax?: number): LinkEvent => ({
  type: 'LinkCreated',
  data: {
    ...which,
    ...(downloadsMax === undefined ? {} : { downloadsMax }),
    createdAt: minute(0),
    expiresAt: minute(60),
  },
})
const downloaded = (at: string): LinkEvent => ({
  type: 'LinkDownloaded',
  data: { ...which, downloadedAt: at },
})
const read = (at: string, reads: 'from-start' | 'from-later' | 'nothing' = 'from-start') =>
  ({ type: 'ReadByLink', at, reads }) as const
const revoke = { type: 'RevokeLink', ...which, at: minute(2) } as const

describe('a link', () => {
  it('is created once', () => {
    const create = { type: 'CreateLink', ...which, at: minute(0), expiresAt: minute(60) } as const
    expect(given().when({ ...create, downloadsMax: 2 }).events).toEqual([created(2)])
    expect(given(created()).when(create).events).toEqual([])
  })

  it('counts each read from the first byte, up to its limit', () => {
    const once = given(created(2)).when(read(minute(1)))
    expect(once.events).toEqual([downloaded(minute(1))])
    const twice = [created(2), downloaded(minute(1)), downloaded(minute(2))]
    expect(given(...twice).when(read(minute(3))).rejection?.code).toBe('link-expired')
    expect(given(created(), ...twice.slice(1)).when(read(minute(3))).events).toHaveLength(1)
  })

  it('lets a download go on from a later byte, also when it was the last one', () => {
    const used = given(created(1), downloaded(minute(1)))
    expect(used.when(read(minute(2), 'from-later'))).toEqual({ events: [] })
    expect(used.when(read(minute(30), 'from-later')).rejection?.code).toBe('link-expired')
  })

  it('counts a read from a later byte that goes on with nothing', () => {
    expect(given(created(1)).when(read(minute(1), 'from-later')).events).toHaveLength(1)
    const long = given(created(2), downloaded(minute(1))).when(read(minute(30), 'from-later'))
    expect(long.events).toHaveLength(1)
  })

  it('counts nothing where nothing is read', () => {
    const used = given(created(1), downloaded(minute(1)))
    expect(used.when(read(minute(30), 'nothing'))).toEqual({ events: [] })
    expect(used.when(read(minute(60), 'nothing')).rejection?.code).toBe('link-expired')
  })

  it('leads nowhere after its time, whatever is asked of it', () => {
    const history = [created(), downloaded(minute(59))]
    expect(given(...history).when(read(minute(60))).rejection?.code).toBe('link-expired')
    expect(given(...history).when(read(minute(60), 'from-later')).rejection?.code).toBe(
      'link-expired',
    )
  })

  it('is revoked by its owner alone, and never was then', () => {
    const { events } = given(created()).when(revoke)
    expect(events).toEqual([{ type: 'LinkRevoked', data: { ...which, revokedAt: minute(2) } }])
    const code = (history: LinkEvent[], command: typeof revoke | ReturnType<typeof read>) =>
      given(...history).when(command).rejection?.code
    expect(code([created(), ...events], read(minute(3)))).toBe('not-found')
    expect(code([created(), ...events], revoke)).toBe('not-found')
    expect(code([created()], { ...revoke, ownerId: `usr_${'0'.repeat(32)}` })).toBe('not-found')
    expect(code([], read(minute(3)))).toBe('not-found')
  })
})
