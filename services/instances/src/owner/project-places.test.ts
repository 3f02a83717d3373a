import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { owner } from '../owner.ts'
import type { OwnerEvent, ProjectPlace } from './state.ts'

const given = createGiven(owner)
const ownerId = `usr_${'0'.repeat(32)}`
const [home, work] = [`ins_${'a'.repeat(32)}`, `ins_${'b'.repeat(32)}`]
const projects = ['1', '2', '3', '4'].map((digit) => `prj_${digit.repeat(32)}`)
const [one = '', two = '', three = '', four = ''] = projects
const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`

const created = (instanceId: string, name: string): OwnerEvent => ({
  type: 'InstanceCreated',
  data: { instanceId, ownerId, name, createdAt: day(1) },
})
const deleted = (instanceId: string): OwnerEvent => ({
  type: 'InstanceDeleted',
  data: { instanceId, ownerId, deletedAt: day(2), purgeAt: day(3) },
})
const taken = (projectId: string, instanceId = home, takenAt = day(1)): OwnerEvent => ({
  type: 'ProjectPlaceTaken',
  data: { projectId, instanceId, ownerId, for: 'creation', takenAt },
})

const take = (projectId: string, instanceId = home, projectsMax = 2) =>
  ({
    type: 'TakeProjectPlace',
    ownerId,
    instanceId,
    projectId,
    for: 'creation',
    at: day(4),
    projectsMax,
  }) as const
const release = (...places: readonly ProjectPlace[]) =>
  ({ type: 'ReleaseProjectPlaces', ownerId, places, at: day(5) }) as const
const place = (projectId: string, turn: number): ProjectPlace => ({
  projectId,
  instanceId: home,
  for: 'creation',
  takenAt: day(1),
  turn,
})
const restore = (instanceId: string, projectsMax: number) =>
  ({
    type: 'RestoreInstance',
    ownerId,
    instanceId,
    at: day(4),
    instancesMax: 10,
    projectsMax,
    expectedVersion: undefined,
  }) as const

const history = [created(home, 'Home'), created(work, 'Work')]

describe('the place of a project', () => {
  it('is taken in an active instance, and leaves its version', () => {
    const { events } = given(...history).when(take(one))
    expect(events).toEqual([
      {
        type: 'ProjectPlaceTaken',
        data: { projectId: one, instanceId: home, ownerId, for: 'creation', takenAt: day(4) },
      },
    ])
    const { state } = given(...history, ...events)
    expect(state.instances.get(home)?.version).toBe(1)
  })

  it('is refused above the quota of all instances together, telling quota, limit and use', () => {
    const full = [...history, taken(one), taken(two, work)]
    const { rejection } = given(...full).when(take(three))
    expect(rejection?.code).toBe('quota-exceeded')
    expect(rejection?.extensions).toEqual({ quota: 'projects', limit: 2, used: 2 })
  })

  it("is refused in an instance that is deleted, another person's, or none", () => {
    const elsewhere = `ins_${'c'.repeat(32)}`
    expect(given(...history, deleted(home)).when(take(one)).rejection?.code).toBe('not-found')
    expect(given(...history).when(take(one, elsewhere)).rejection?.code).toBe('not-found')
  })

  it('is taken anew by its own project on a full quota', () => {
    const full = [...history, taken(one), taken(two)]
    const { events } = given(...full).when(take(one))
    expect(events).toMatchObject([{ type: 'ProjectPlaceTaken', data: { takenAt: day(4) } }])
  })
})

describe('releasing places', () => {
  const full = [...history, taken(one), taken(two)]

  it('gives room', () => {
    const { events } = given(...full).when(release(place(one, 1), place(two, 2)))
    expect(events.map(({ type }) => type)).toEqual(['ProjectPlaceReleased', 'ProjectPlaceReleased'])
    expect(given(...full, ...events).when(take(three)).rejection).toBeUndefined()
  })

  it('passes over a place that was taken anew since it was looked at, and one that is free', () => {
    const anew = given(...full, taken(one))
    expect(anew.when(release(place(one, 1))).events).toEqual([])
    expect(given(...full).when(release(place(four, 1))).events).toEqual([])
  })
})

describe('the projects of a deleted instance', () => {
  const gone = [...history, taken(one), taken(two, work), deleted(work)]

  it('have no place in the quota', () => {
    expect(given(...gone).when(take(three)).rejection).toBeUndefined()
  })

  it('need room for all of them when it comes back', () => {
    const { rejection } = given(...gone, taken(three)).when(restore(work, 2))
    expect(rejection?.extensions).toEqual({ quota: 'projects', limit: 2, used: 2 })
    expect(given(...gone, taken(three)).when(restore(work, 3)).rejection).toBeUndefined()
  })

  it('never stop an instance without projects from coming back', () => {
    const empty = [...history, taken(one), taken(two), deleted(work)]
    expect(given(...empty).when(restore(work, 1)).rejection).toBeUndefined()
  })
})
