import type { ProjectEvent } from '@atrium/contracts/instances/project-events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { project, type ContentChange } from './project.ts'

const given = createGiven(project)
const ownerId = `usr_${'0'.repeat(32)}`
const by = `usr_${'1'.repeat(32)}`
const which = { projectId: `prj_${'a'.repeat(32)}`, instanceId: `ins_${'b'.repeat(32)}`, ownerId }
const [sky, sea, sand] = ['1', '2', '3'].map((digit) => `ast_${digit.repeat(32)}`) as [
  string,
  string,
  string,
]
const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00.000Z`
const sha = (letter: string) => letter.repeat(64)

const created: ProjectEvent = {
  type: 'ProjectCreated',
  data: {
    ...which,
    kind: 'plain',
    name: 'Garden',
    contentSha256: sha('a'),
    contentSizeBytes: 100,
    assetIds: [sky, sea],
    createdBy: by,
    createdAt: day(1),
  },
}
const archived: ProjectEvent = {
  type: 'ProjectArchived',
  data: { ...which, archivedBy: by, archivedAt: day(2) },
}
const deleted: ProjectEvent = {
  type: 'ProjectDeleted',
  data: { ...which, deletedBy: by, deletedAt: day(2), purgeAt: day(20) },
}
const purged: ProjectEvent = { type: 'ProjectPurged', data: { ...which, purgedAt: day(3) } }
const abandoned: ProjectEvent = {
  type: 'ProjectAbandoned',
  data: { ...which, abandonedAt: day(1) },
}

const command = { ...which, by, at: day(5), expectedVersion: undefined }
const create = {
  ...command,
  type: 'CreateProject',
  kind: 'plain',
  name: ' Garden ',
  contentSha256: sha('a'),
  contentSizeBytes: 100,
  assetIds: [sky],
} as const
const revise = (members: object) => ({ ...command, type: 'ReviseProject', ...members }) as const
const remove = (purge = false) =>
  ({ ...command, type: 'DeleteProject', purgeAt: day(30), purge }) as const
const restore = (expectedVersion: number) =>
  ({ ...command, type: 'RestoreProject', expectedVersion }) as const
const change = (members: Partial<ContentChange> = {}): ContentChange => ({
  baseSha256: sha('a'),
  sha256: sha('b'),
  sizeBytes: 120,
  assetIds: [sea, sand],
  patch: [{ op: 'add', path: '/beds', value: 3 }],
  patchSizeBytes: 40,
  pointers: ['/content/beds'],
  ...members,
})
const types = (events: readonly ProjectEvent[]) => events.map(({ type }) => type)

describe('creating a project', () => {
  it('names its content and the assets in it', () => {
    const { events } = given().when({ ...create, description: 'Beds' })
    expect(events).toEqual([
      {
        type: 'ProjectCreated',
        data: {
          ...which,
          kind: 'plain',
          name: 'Garden',
          description: 'Beds',
          contentSha256: sha('a'),
          contentSizeBytes: 100,
          assetIds: [sky],
          createdBy: by,
          createdAt: day(5),
        },
      },
    ])
    expect(given(...events).state).toMatchObject({ status: 'active', version: 1, archived: false })
  })

  it('does nothing once it was abandoned, and is abandoned only before it is there', () => {
    const abandon = { ...command, type: 'AbandonProject' } as const
    expect(types(given().when(abandon).events)).toEqual(['ProjectAbandoned'])
    expect(given(abandoned).when(create).events).toEqual([])
    expect(given(created).when(abandon).events).toEqual([])
  })

  it.each(['', '  ', 'x'.repeat(101), 'a\nb'])('refuses the name %j, naming the field', (name) => {
    const { rejection } = given().when({ ...create, name })
    expect(rejection?.extensions).toMatchObject({ errors: [{ pointer: '/name' }] })
  })
})

describe('revising a project', () => {
  it('renames, describes and changes the content in one step, a version each', () => {
    const { events } = given(created).when(
      revise({ name: 'Park', description: 'Green', content: change() }),
    )
    expect(types(events)).toEqual(['ProjectRenamed', 'ProjectDescribed', 'ProjectContentChanged'])
    expect(given(created, ...events).state).toMatchObject({
      version: 4,
      name: 'Park',
      description: 'Green',
      contentSha256: sha('b'),
      contentSizeBytes: 120,
      assetIds: [sea, sand],
      updatedBy: by,
      updatedAt: day(5),
    })
  })

  it('tells which assets the content names now, and which no more', () => {
    const { events } = given(created).when(revise({ content: change() }))
    expect(events.at(0)?.data).toMatchObject({
      assetIdsAdded: [sand],
      assetIdsRemoved: [sky],
      patch: [{ op: 'add', path: '/beds', value: 3 }],
    })
  })

  it('names a patch that is too large for an event', () => {
    const content = change({ patch: { sha256: sha('f') } })
    const { events } = given(created).when(revise({ content }))
    expect(events.at(0)?.data).toMatchObject({ patchSha256: sha('f') })
    expect(events.at(0)?.data).not.toHaveProperty('patch')
  })

  it('writes nothing where nothing changes', () => {
    const same = revise({
      name: 'Garden',
      description: '',
      content: change({ sha256: sha('a') }),
    })
    expect(given(created).when(same).events).toEqual([])
  })

  it('refuses a stale version with who changed it and when, and all of it', () => {
    const renamed: ProjectEvent = {
      type: 'ProjectRenamed',
      data: { ...which, name: 'Park', renamedBy: ownerId, renamedAt: day(3) },
    }
    const outcome = given(created, renamed).when(revise({ name: 'X', expectedVersion: 1 }))
    expect(outcome.rejection?.code).toBe('version-conflict')
    expect(outcome.rejection?.extensions).toEqual({
      currentVersion: 2,
      changedBy: ownerId,
      changedAt: day(3),
    })
    expect(outcome.events).toEqual([])
  })

  it('refuses a patch of another content than the one that is there', () => {
    const content = change({ baseSha256: sha('c') })
    expect(given(created).when(revise({ content })).rejection?.code).toBe('version-conflict')
  })

  it('is refused for an archived one', () => {
    expect(given(created, archived).when(revise({ name: 'X' })).rejection?.code).toBe(
      'project-archived',
    )
  })

  it('does not find one of another person or instance, a deleted one, or none', () => {
    const elsewhere = { instanceId: `ins_${'c'.repeat(32)}`, ownerId: `usr_${'9'.repeat(32)}` }
    for (const [member, id] of Object.entries(elsewhere)) {
      const outcome = given(created).when(revise({ name: 'X', [member]: id }))
      expect(outcome.rejection?.code).toBe('not-found')
    }
    for (const history of [[], [created, deleted], [created, purged], [abandoned]]) {
      expect(given(...history).when(revise({ name: 'X' })).rejection?.code).toBe('not-found')
    }
  })
})

describe('archiving a project', () => {
  const archive = { ...command, type: 'ArchiveProject' } as const
  const unarchive = { ...command, type: 'UnarchiveProject' } as const

  it('puts it away and takes it out again, a version each', () => {
    expect(types(given(created).when(archive).events)).toEqual(['ProjectArchived'])
    const { events } = given(created, archived).when(unarchive)
    expect(types(events)).toEqual(['ProjectUnarchived'])
    expect(given(created, archived, ...events).state).toMatchObject({ version: 3, archived: false })
  })

  it('writes nothing where it is so already', () => {
    expect(given(created, archived).when(archive).events).toEqual([])
    expect(given(created).when(unarchive).events).toEqual([])
  })

  it('refuses a stale version', () => {
    const stale = { ...archive, expectedVersion: 7 }
    expect(given(created).when(stale).rejection?.code).toBe('version-conflict')
  })
})

describe('deleting a project', () => {
  it('hides it until it is purged, also an archived one, which comes back archived', () => {
    const { events } = given(created, archived).when(remove())
    expect(types(events)).toEqual(['ProjectDeleted'])
    const { state } = given(created, archived, ...events)
    expect(state).toMatchObject({ status: 'deleted', purgeAt: day(30), version: 3 })
    const back = given(created, archived, ...events).when(restore(3)).events
    expect(given(created, archived, ...events, ...back).state).toMatchObject({
      status: 'active',
      archived: true,
      version: 4,
    })
  })

  it('purges at once on request, an active one and a deleted one', () => {
    expect(types(given(created).when(remove(true)).events)).toEqual([
      'ProjectDeleted',
      'ProjectPurged',
    ])
    expect(types(given(created, deleted).when(remove(true)).events)).toEqual(['ProjectPurged'])
  })

  it('does not find a deleted one a second time, nor a purged one', () => {
    expect(given(created, deleted).when(remove()).rejection?.code).toBe('not-found')
    expect(given(created, purged).when(remove(true)).rejection?.code).toBe('not-found')
  })
})

describe('restoring a project', () => {
  it('is refused for an active one, and for one that is not there', () => {
    expect(given(created).when(restore(1)).rejection?.code).toBe('project-not-deleted')
    expect(given(created, deleted, purged).when(restore(3)).rejection?.code).toBe('not-found')
  })

  it('is void for whoever was held up until their place was given up', () => {
    const abandon = { ...command, type: 'AbandonRestoration' } as const
    const { events } = given(created, deleted).when(abandon)
    expect(types(events)).toEqual(['ProjectRestorationAbandoned'])
    const late = given(created, deleted, ...events).when(restore(2))
    expect(late.rejection?.code).toBe('version-conflict')
    expect(given(created).when(abandon).events).toEqual([])
  })
})

describe('purging a project', () => {
  const purge = (because: 'retention-passed' | 'instance-purged', at: string) =>
    ({ ...command, type: 'PurgeProject', because, at }) as const

  it('waits for its retention', () => {
    const history = given(created, deleted)
    expect(history.when(purge('retention-passed', day(19))).events).toEqual([])
    expect(types(history.when(purge('retention-passed', day(20))).events)).toEqual([
      'ProjectPurged',
    ])
  })

  it('leaves one that was restored', () => {
    const back = given(created, deleted).when(restore(2)).events
    const outcome = given(created, deleted, ...back).when(purge('retention-passed', day(25)))
    expect(outcome.events).toEqual([])
  })

  it('waits for nothing where its instance is purged, and happens once', () => {
    const purging = purge('instance-purged', day(5))
    expect(types(given(created).when(purging).events)).toEqual(['ProjectPurged'])
    expect(types(given(created, deleted).when(purging).events)).toEqual(['ProjectPurged'])
    expect(given(created, purged).when(purging).events).toEqual([])
  })
})

describe('the plan of snapshots', () => {
  const edit = (contentSizeBytes: number, patchSizeBytes: number): ProjectEvent => ({
    type: 'ProjectContentChanged',
    data: {
      ...which,
      contentSha256: sha('b'),
      contentSizeBytes,
      assetIdsAdded: [],
      assetIdsRemoved: [],
      patch: [],
      patchSizeBytes,
      pointers: [],
      changedBy: by,
      changedAt: day(2),
    },
  })
  const planAfter = (...edits: readonly ProjectEvent[]) => {
    const { state } = given(created, ...edits)
    return 'snapshot' in state ? state.snapshot : undefined
  }

  it('has one every 200 changes of the content', () => {
    const edits = Array.from({ length: 400 }, () => edit(1_000, 10))
    expect(planAfter(...edits.slice(0, 199))?.version).toBe(1)
    expect(planAfter(...edits.slice(0, 200))?.version).toBe(201)
    expect(planAfter(...edits)?.version).toBe(401)
  })

  it('has one as soon as the changes outweigh the content, and are worth one', () => {
    expect(planAfter(edit(1_000_000, 600_000))?.version).toBe(1)
    expect(planAfter(edit(1_000_000, 600_000), edit(1_000_000, 400_000))?.version).toBe(3)
    expect(planAfter(edit(100, 5_000), edit(100, 5_000))?.version).toBe(1)
  })
})
