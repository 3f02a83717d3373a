import type { StorageEvent } from '@atrium/contracts/assets/storage-events.ts'
import { describe, expect, it } from 'vitest'
import {
  changeUses,
  collect,
  cover,
  deleted,
  first,
  followed,
  given,
  hidden,
  home,
  hour,
  instanceCommand,
  leftUnused,
  ownerId,
  photo,
  plan,
  png,
  projectHidden,
  provisioned,
  released,
  remove,
  reserve,
  reserved,
  second,
  store,
  stored,
  types,
  uses,
  work,
} from '../test/storage-history.ts'
import { isShown } from './storage-state.ts'

describe('the storage of an instance', () => {
  it('is provisioned once', () => {
    const command = instanceCommand('ProvisionStorage')
    expect(types(given().when(command).events)).toEqual(['StorageProvisioned'])
    expect(given(provisioned()).when(command).events).toEqual([])
  })

  it('is hidden with all that it holds, which leaves the quota, and shown again', () => {
    const history = [provisioned(), stored(cover)]
    expect(given(...history).state.used).toEqual({ bytes: 100, images: 1 })
    expect(types(given(...history).when(instanceCommand('HideStorage')).events)).toEqual([
      'StorageHidden',
    ])
    const { state } = given(...history, hidden())
    expect(isShown(state, cover)).toBe(false)
    expect(state.used).toEqual({ bytes: 0, images: 0 })
    const back = given(...history, hidden()).when(instanceCommand('ShowStorage')).events
    expect(types(back)).toEqual(['StorageShown'])
    expect(given(...history, hidden(), ...back).state.used).toEqual({ bytes: 100, images: 1 })
  })

  it('comes back also to an owner whose quota was filled meanwhile', () => {
    const history = [provisioned(), stored(cover, { sizeBytes: 900 }), hidden()]
    const other = { ...stored(photo, { sizeBytes: 900 }) }
    const elsewhere = { ...other, data: { ...other.data, instanceId: work } } as StorageEvent
    const back = given(...history, provisioned(work), elsewhere).when(
      instanceCommand('ShowStorage'),
    )
    expect(types(back.events)).toEqual(['StorageShown'])
  })

  it('is released once, and nothing late brings it to life', () => {
    const history = [provisioned(), stored(cover), released()]
    expect(given(...history).when(instanceCommand('ReleaseStorage')).events).toEqual([])
    expect(given(...history).when(instanceCommand('ShowStorage')).events).toEqual([])
    expect(given(...history).when(instanceCommand('ProvisionStorage')).events).toEqual([])
    expect(given(...history).when(changeUses({ named: [cover] })).events).toEqual([])
    expect(types(given().when(instanceCommand('ReleaseStorage')).events)).toEqual([
      'StorageReleased',
    ])
  })
})

describe('reserving space', () => {
  it('counts what is shown and what others have reserved', () => {
    const history = [provisioned(), stored(cover, { sizeBytes: 300 }), reserved(first, 400)]
    expect(types(given(...history).when(reserve(300)).events)).toEqual(['SpaceReserved'])
    const { rejection } = given(...history).when(reserve(301))
    expect(rejection?.code).toBe('quota-exceeded')
    expect(rejection?.extensions).toEqual({ quota: 'storage-bytes', limit: 1_000, used: 700 })
  })

  it('counts images beside bytes', () => {
    const history = [provisioned(), stored(cover), reserved(first, 1, 2)]
    const { rejection } = given(...history).when(reserve(1, { images: 1 }))
    expect(rejection?.extensions).toEqual({ quota: 'images', limit: 3, used: 3 })
    expect(given(...history).when(reserve(1)).events).toHaveLength(1)
  })

  it('replaces what the same upload had reserved, and leaves it where that is refused', () => {
    const history = [provisioned(), reserved(second, 600)]
    const more = given(...history).when(reserve(1_000))
    expect(more.events).toHaveLength(1)
    expect(given(...history, ...more.events).state.reservations.get(second)?.bytes).toBe(1_000)
    expect(given(...history).when(reserve(1_001)).rejection?.code).toBe('quota-exceeded')
  })

  it('does not count what has expired, deleted assets, or assets of a deleted instance', () => {
    const late = { at: hour(6), expiresAt: hour(8) }
    const history = [provisioned(), reserved(first, 900), stored(cover), deleted(cover)]
    expect(given(...history).when(reserve(1_000, late)).events).toHaveLength(1)
  })

  it('is refused for an instance or a project that is not there', () => {
    const into = (projectId: string) => reserve(1, { projectId })
    const code = (history: StorageEvent[], command: ReturnType<typeof reserve>) =>
      given(...history).when(command).rejection?.code
    expect(code([], reserve(1))).toBe('not-found')
    expect(code([provisioned(), hidden()], reserve(1))).toBe('not-found')
    expect(code([provisioned()], into(plan))).toBe('not-found')
    expect(code([provisioned(), followed(plan, work)], into(plan))).toBe('not-found')
    expect(code([provisioned(), followed(plan), projectHidden(plan)], into(plan))).toBe('not-found')
    expect(code([provisioned(), followed(plan)], into(plan))).toBeUndefined()
  })

  it('ends when the upload gives up, and by time alone when its time has passed', () => {
    const history = [provisioned(), reserved(first, 100)]
    const command = { ownerId, reservationId: first }
    const giveUp = given(...history).when({ ...command, type: 'GiveUpSpace', at: hour(2) })
    expect(giveUp.events).toMatchObject([{ type: 'SpaceReleased', data: { reason: 'given-up' } }])
    const expire = (at: string) => given(...history).when({ ...command, type: 'ExpireSpace', at })
    expect(expire(hour(4)).events).toEqual([])
    expect(expire(hour(5)).events).toMatchObject([{ data: { reason: 'expired' } }])
    expect(given().when({ ...command, type: 'GiveUpSpace', at: hour(2) }).events).toEqual([])
  })
})

describe('storing assets', () => {
  it('writes all of an upload at once, and ends its reservation', () => {
    const other = { ...png, assetId: photo, sizeBytes: 50 }
    const { events } = given(provisioned(), reserved(first, 150, 2)).when(
      store({ assets: [png, other] }),
    )
    expect(types(events)).toEqual(['SpaceReleased', 'AssetStored', 'AssetStored'])
    expect(events[1]?.data).toEqual({
      ...png,
      instanceId: home,
      ownerId,
      home: 'library',
      storedAt: hour(3),
    })
    const { state } = given(provisioned(), reserved(first, 150, 2), ...events)
    expect(state.used).toEqual({ bytes: 150, images: 2 })
    expect(state.reservations.size).toBe(0)
  })

  it('notes the project that it was uploaded to as a user', () => {
    const history = [provisioned(), followed(plan), reserved(first, 100, 1)]
    const { events } = given(...history).when(store({ projectId: plan, home: 'project' }))
    expect(events[1]).toMatchObject({ type: 'ProjectUsesChanged', data: { uploaded: [cover] } })
    const { rejection } = given(...history, ...events).when(remove(cover))
    expect(rejection?.code).toBe('asset-in-use')
  })

  it('is refused once the reservation is gone, and when its place was deleted meanwhile', () => {
    expect(given(provisioned()).when(store()).rejection?.code).toBe('upload-expired')
    const gone = given(provisioned(), reserved(first, 100, 1), hidden())
    expect(gone.when(store()).rejection?.code).toBe('not-found')
  })

  it('needs room anew for what goes beyond its reservation or came after its time', () => {
    const full = [provisioned(), stored(photo, { sizeBytes: 900 })]
    const promised = given(...full, reserved(first, 200, 1), reserved(second, 0))
    expect(promised.when(store({ assets: [{ ...png, sizeBytes: 200 }] })).events).toHaveLength(2)
    const code = (history: StorageEvent[], options: object) =>
      given(...full, ...history).when(store(options)).rejection?.code
    const larger = { assets: [{ ...png, sizeBytes: 101 }] }
    expect(code([reserved(first, 100, 1)], larger)).toBe('quota-exceeded')
    expect(code([reserved(first, 200, 1)], { ...larger, at: hour(6) })).toBe('quota-exceeded')
    expect(code([reserved(first, 100, 1)], { at: hour(6) })).toBeUndefined()
  })
})

describe('deleting an asset', () => {
  it('hides it until it is purged, and frees its place in the quota', () => {
    const { events } = given(provisioned(), stored(cover)).when(remove(cover))
    expect(events).toMatchObject([{ type: 'AssetDeleted', data: { purgeAt: hour(9) } }])
    const after = given(provisioned(), stored(cover), ...events)
    expect(isShown(after.state, cover)).toBe(false)
    expect(after.state.used.bytes).toBe(0)
    expect(after.when(remove(cover)).rejection?.code).toBe('not-found')
  })

  it('is refused while a project names it, also a deleted one, and tells which', () => {
    const history = [provisioned(), followed(plan), uses(plan, { named: [cover] }), stored(cover)]
    const { rejection } = given(...history, projectHidden(plan)).when(remove(cover))
    expect(rejection?.code).toBe('asset-in-use')
    expect(rejection?.extensions).toEqual({ projectIds: [plan], isInFile: false })
    expect(given(...history).when(remove(cover, true)).rejection?.code).toBe('asset-in-use')
  })

  it('discards one that was uploaded to a project and is named nowhere', () => {
    const history = [
      provisioned(),
      followed(plan),
      uses(plan, { uploaded: [cover] }),
      stored(cover, { home: 'project' }),
    ]
    expect(given(...history).when(remove(cover)).rejection?.code).toBe('asset-in-use')
    expect(types(given(...history).when(remove(cover, true)).events)).toEqual(['AssetDeleted'])
  })

  it('does not find one that is hidden, or another owner has', () => {
    const { rejection } = given(provisioned(), stored(cover), hidden()).when(remove(cover))
    expect(rejection?.code).toBe('not-found')
    expect(given(provisioned()).when(remove(cover)).rejection?.code).toBe('not-found')
  })
})

describe('collecting', () => {
  it('purges what was deleted or left unused when its time has come, once', () => {
    const history = [
      provisioned(),
      stored(cover),
      stored(photo, { home: 'project' }),
      deleted(cover),
      leftUnused(photo),
    ]
    expect(given(...history).when(collect(hour(3), cover, photo)).events).toEqual([])
    const { events } = given(...history).when(collect(hour(4), cover, photo, cover))
    expect(types(events)).toEqual(['AssetPurged', 'AssetPurged'])
    const after = given(...history, ...events)
    expect(after.state.assets.size).toBe(0)
    expect(after.state.used).toEqual({ bytes: 0, images: 0 })
    expect(after.when(collect(hour(4), cover, photo)).events).toEqual([])
  })

  it('leaves what is kept, or was used again in the meantime', () => {
    const history = [provisioned(), followed(plan), stored(cover), deleted(cover)]
    const { events } = given(...history).when(changeUses({ named: [cover] }))
    expect(given(...history, ...events).when(collect(hour(9), cover)).events).toEqual([])
  })

  it('purges all that a purged instance held, whatever state it was in', () => {
    const history = [provisioned(), stored(cover), stored(photo), deleted(photo), released()]
    expect(given(...history).when(collect(hour(1), cover, photo)).events).toEqual([])
    expect(given(...history).when(collect(hour(2), cover, photo)).events).toHaveLength(2)
  })
})
