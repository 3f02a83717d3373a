import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { owner } from './owner.ts'
import type { OwnerEvent } from './owner/state.ts'

const given = createGiven(owner)
const ownerId = `usr_${'0'.repeat(32)}`
const [a, b, c] = ['a', 'b', 'c'].map((letter) => `ins_${letter.repeat(32)}`) as [
  string,
  string,
  string,
]
const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00.000Z`

const created = (instanceId: string, name: string, createdAt = day(1)): OwnerEvent => ({
  type: 'InstanceCreated',
  data: { instanceId, ownerId, name, createdAt },
})
const madeDefault = (instanceId: string, previousInstanceId?: string): OwnerEvent => ({
  type: 'DefaultInstanceChanged',
  data: {
    instanceId,
    ownerId,
    ...(previousInstanceId === undefined ? {} : { previousInstanceId }),
    changedAt: day(1),
  },
})
const accessed = (instanceId: string, accessedAt: string): OwnerEvent => ({
  type: 'InstanceAccessed',
  data: { instanceId, ownerId, accessedAt },
})
const deleted = (instanceId: string, purgeAt = day(31)): OwnerEvent => ({
  type: 'InstanceDeleted',
  data: { instanceId, ownerId, deletedAt: day(2), purgeAt },
})

const command = (instanceId: string, at = day(3)) => ({ ownerId, instanceId, at })
const create = (instanceId: string, name: string, instancesMax = 10) =>
  ({ type: 'CreateInstance', ...command(instanceId), name, instancesMax }) as const
const remove = (instanceId: string, purge = false, expectedVersion?: number) =>
  ({
    type: 'DeleteInstance',
    ...command(instanceId),
    purgeAt: day(30),
    purge,
    expectedVersion,
  }) as const
const revise = (instanceId: string, members: object, expectedVersion?: number) =>
  ({ type: 'ReviseInstance', ...command(instanceId), ...members, expectedVersion }) as const
const restore = (instanceId: string, instancesMax = 10) =>
  ({
    type: 'RestoreInstance',
    ...command(instanceId),
    instancesMax,
    projectsMax: 100,
    expectedVersion: undefined,
  }) as const

const types = (events: readonly OwnerEvent[]) => events.map(({ type }) => type)

describe('creating an instance', () => {
  it('makes the first one the default', () => {
    const { events } = given().when(create(a, '  Home  '))
    expect(events).toEqual([
      {
        type: 'InstanceCreated',
        data: { instanceId: a, ownerId, name: 'Home', createdAt: day(3) },
      },
      { type: 'DefaultInstanceChanged', data: { instanceId: a, ownerId, changedAt: day(3) } },
    ])
  })

  it('leaves the default where it is for a later one', () => {
    const { events } = given(created(a, 'Home'), madeDefault(a)).when(create(b, 'Work'))
    expect(types(events)).toEqual(['InstanceCreated'])
  })

  it('refuses a name that another has, whatever its case, also when that one is deleted', () => {
    const history = [created(a, 'Home'), madeDefault(a), created(b, 'Straße'), deleted(b)]
    for (const name of ['HOME', ' home ', 'STRAßE']) {
      expect(given(...history).when(create(c, name)).rejection?.code).toBe('name-taken')
    }
  })

  it.each(['', '   ', 'x'.repeat(101), '\u200B', 'a\nb', 'a\u202Eb'])(
    'refuses the name %j, naming the field',
    (name) => {
      const { rejection } = given().when(create(a, name))
      expect(rejection?.code).toBe('validation-failed')
      expect(rejection?.extensions).toMatchObject({ errors: [{ pointer: '/name' }] })
    },
  )

  it('takes 100 characters of any plane', () => {
    expect(given().when(create(a, '🌳'.repeat(100))).events).toHaveLength(2)
  })

  it('refuses one above the quota, telling quota, limit and use', () => {
    const { rejection } = given(created(a, 'A'), created(b, 'B')).when(create(c, 'C', 2))
    expect(rejection?.code).toBe('quota-exceeded')
    expect(rejection?.extensions).toEqual({ quota: 'instances', limit: 2, used: 2 })
  })

  it('does not count deleted ones in the quota', () => {
    const { events } = given(created(a, 'A'), created(b, 'B'), deleted(b)).when(create(c, 'C', 2))
    expect(types(events)).toContain('InstanceCreated')
  })
})

describe('the personal workspace', () => {
  const provision = { type: 'ProvisionPersonalWorkspace', ...command(a) } as const

  it('is created as the default for a person without instances', () => {
    expect(given().when(provision).events).toMatchObject([
      { type: 'InstanceCreated', data: { name: 'Personal Workspace' } },
      { type: 'DefaultInstanceChanged', data: { instanceId: a } },
    ])
  })

  it('comes also to a person who was quick to create another, which stays the default', () => {
    const { events } = given(created(b, 'Mine'), madeDefault(b)).when(provision)
    expect(types(events)).toEqual(['InstanceCreated'])
  })

  it('is not created a second time, nor beside one of its name', () => {
    expect(given(created(a, 'Renamed since')).when(provision).events).toEqual([])
    expect(given(created(b, 'personal workspace')).when(provision).events).toEqual([])
  })
})

describe('revising an instance', () => {
  const history = [created(a, 'A'), madeDefault(a), created(b, 'B')]

  it('renames, describes and makes default in one step', () => {
    const { events } = given(...history).when(
      revise(b, { name: 'Work', description: 'Office', isDefault: true }),
    )
    expect(types(events)).toEqual([
      'InstanceRenamed',
      'InstanceDescribed',
      'DefaultInstanceChanged',
    ])
    expect(events.at(2)?.data).toMatchObject({ instanceId: b, previousInstanceId: a })
  })

  it('does nothing of it when one part is refused', () => {
    const outcome = given(...history).when(revise(b, { description: 'x', name: 'a' }))
    expect(outcome.rejection?.code).toBe('name-taken')
    expect(outcome.events).toEqual([])
  })

  it('writes nothing where nothing changes, and lets the case of its own name change', () => {
    expect(given(...history).when(revise(a, { name: 'A', isDefault: true })).events).toEqual([])
    expect(types(given(...history).when(revise(a, { name: 'a' })).events)).toEqual([
      'InstanceRenamed',
    ])
  })

  it('refuses a stale version with the current one and what changed since', () => {
    const renamed: OwnerEvent = {
      type: 'InstanceRenamed',
      data: { instanceId: b, ownerId, name: 'B2', renamedAt: day(2) },
    }
    const { rejection } = given(...history, renamed).when(revise(b, { name: 'B3' }, 1))
    expect(rejection?.code).toBe('version-conflict')
    expect(rejection?.extensions).toEqual({
      currentVersion: 2,
      changes: [{ version: 2, type: 'InstanceRenamed', changedAt: day(2) }],
    })
  })

  it('does not find an instance of another owner, a deleted one, or none', () => {
    const outcome = (id: string) => given(...history, deleted(b)).when(revise(id, { name: 'X' }))
    expect(outcome(b).rejection?.code).toBe('not-found')
    expect(outcome(c).rejection?.code).toBe('not-found')
  })
})

describe('accessing an instance', () => {
  it('notes the time and leaves the version', () => {
    const { state } = given(created(a, 'A'), accessed(a, day(9)))
    expect(state.instances.get(a)).toMatchObject({ version: 1, lastAccessedAt: day(9) })
  })

  it('is refused for a deleted one', () => {
    const { rejection } = given(created(a, 'A'), created(b, 'B'), deleted(b)).when({
      type: 'RecordAccess',
      ...command(b),
    })
    expect(rejection?.code).toBe('not-found')
  })
})

describe('deleting an instance', () => {
  const history = [created(a, 'A'), madeDefault(a), created(b, 'B'), created(c, 'C')]

  it('makes the most recently used one the default when the default goes', () => {
    const { events } = given(...history, accessed(c, day(5))).when(remove(a))
    expect(types(events)).toEqual(['DefaultInstanceChanged', 'InstanceDeleted'])
    expect(events.at(0)?.data).toMatchObject({ instanceId: c })
    expect(events.at(1)?.data).toMatchObject({ purgeAt: day(30) })
  })

  it('refuses the last one, also when others are deleted', () => {
    const { rejection } = given(created(a, 'A'), created(b, 'B'), deleted(b)).when(remove(a))
    expect(rejection?.code).toBe('last-instance')
  })

  it('purges at once on request, an active one and a deleted one', () => {
    expect(types(given(...history).when(remove(b, true)).events)).toEqual([
      'InstanceDeleted',
      'InstancePurged',
    ])
    expect(types(given(...history, deleted(b)).when(remove(b, true)).events)).toEqual([
      'InstancePurged',
    ])
  })

  it('does not find a deleted one a second time', () => {
    expect(given(...history, deleted(b)).when(remove(b)).rejection?.code).toBe('not-found')
  })

  it('refuses a stale version', () => {
    expect(given(...history).when(remove(b, false, 7)).rejection?.code).toBe('version-conflict')
  })
})

describe('restoring an instance', () => {
  const history = [created(a, 'A'), created(b, 'B'), deleted(b)]

  it('brings it back with a further version', () => {
    const { events } = given(...history).when(restore(b))
    const { state } = given(...history, ...events)
    expect(state.instances.get(b)).toMatchObject({ status: 'active', version: 3, name: 'B' })
    expect(state.instances.get(b)).not.toHaveProperty('purgeAt')
  })

  it('is refused on a full quota, for an active one, and for one that is not there', () => {
    expect(given(...history).when(restore(b, 1)).rejection?.code).toBe('quota-exceeded')
    expect(given(...history).when(restore(a)).rejection?.code).toBe('instance-not-deleted')
    expect(given(...history).when(restore(c)).rejection?.code).toBe('not-found')
  })
})

describe('the retention', () => {
  const history = [created(a, 'A'), created(b, 'B'), deleted(b, day(10))]
  const purge = (at: string) =>
    ({ type: 'PurgeInstance', ...command(b, at), isTenantClosed: false }) as const

  it('purges what is due and frees its name', () => {
    const { events } = given(...history).when(purge(day(10)))
    expect(types(events)).toEqual(['InstancePurged'])
    expect(given(...history, ...events).when(create(c, 'B')).rejection).toBeUndefined()
  })

  it('leaves what is not due, and what was restored', () => {
    expect(given(...history).when(purge(day(9))).events).toEqual([])
    const restored = given(...history).when(restore(b)).events
    expect(given(...history, ...restored).when(purge(day(11))).events).toEqual([])
  })
})
