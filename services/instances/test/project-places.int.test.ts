import { derivedId, newCommandId, newId } from '@atrium/platform/identifier.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { createRandom, testSeed } from '@atrium/platform/testkit/random.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { placeLeftAloneMs } from '../src/owner/project-places.ts'
import { createProject } from '../src/project/creating.ts'
import { deleteProject, restoreProject } from '../src/project/deleting.ts'
import { takePlace } from '../src/project/places.ts'
import { releaseLeftPlacesOfAll } from '../src/timers/release-left-places.ts'
import { createInstancesContext, type InstancesContext, type Replica } from './instances-context.ts'

let context: InstancesContext
beforeAll(async () => {
  context = await createInstancesContext()
})
afterAll(() => context.close())

const tenant = 'acme'
const start = Date.parse('2026-01-05T00:00:00.000Z')
const after = (ms: number) => new Date(start + ms).toISOString()
const cause = () => {
  const commandId = newCommandId()
  return { tenant, actor: { service: 'test' }, correlationId: commandId, commandId }
}

/** Somebody with one instance. */
async function createOwner() {
  const ownerId = derivedId('usr', newCommandId())
  const instanceId = derivedId('ins', ownerId)
  await context.owners.handle(
    ownerId,
    { type: 'CreateInstance', ownerId, instanceId, name: 'Home', at: after(0), instancesMax: 10 },
    cause(),
  )
  return { ownerId, instanceId }
}
type Owner = Awaited<ReturnType<typeof createOwner>>

const create = (deps: Replica, { ownerId, instanceId }: Owner, at = after(0)) =>
  createProject(
    deps,
    {
      ownerId,
      instanceId,
      kind: 'plain',
      name: 'Project',
      description: null,
      content: {},
      by: ownerId,
      at,
      newId: () => newId('prj'),
    },
    cause(),
  )
const whichOf = (owner: Owner, projectId: string, at: string) => ({
  ...owner,
  projectId,
  by: owner.ownerId,
  at,
  expectedVersion: undefined,
})
const remove = (deps: Replica, owner: Owner, projectId: string, at = after(0), purge = false) =>
  deleteProject(
    deps,
    whichOf(owner, projectId, at),
    { purge, purgeAt: after(1_000_000_000) },
    cause(),
  )
const restore = (deps: Replica, owner: Owner, projectId: string, at = after(0)) =>
  restoreProject(deps, whichOf(owner, projectId, at), cause())

/** What is, by the streams alone: projects that are there, and places that are taken. */
async function truthOf({ ownerId }: Owner, projectIds: readonly string[]) {
  const fresh = context.replica()
  const { state } = await fresh.owners.load(tenant, ownerId)
  const states = await Promise.all(projectIds.map((id) => fresh.projects.load(tenant, id)))
  const active = projectIds.filter((_, index) => states[index]?.state.status === 'active')
  return { active: active.toSorted(), places: [...state.places.keys()].toSorted() }
}

/** The read models, which only hint, show everything that was written so far. */
const settled = async () =>
  context.projections.waitFor(await context.store.headPosition(), { timeoutMs: 60_000 })

describe('the quota', () => {
  it('is exact under 50 parallel creations by two processes', async () => {
    const owner = await createOwner()
    const replicas = [context.replica({ projectsMax: 20 }), context.replica({ projectsMax: 20 })]
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => create(replicas[index % 2] as Replica, owner)),
    )
    const ids = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value.project.id] : [],
    )
    expect(ids).toHaveLength(20)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toMatchObject({
          code: 'quota-exceeded',
          extensions: { quota: 'projects', limit: 20, used: 20 },
        })
      }
    }
    const { active, places } = await truthOf(owner, ids)
    expect(active).toHaveLength(20)
    expect(places).toEqual(active)
  })

  it('does not count deleted projects, and is asked when one comes back', async () => {
    const owner = await createOwner()
    const deps = context.replica({ projectsMax: 1 })
    const { project } = await create(deps, owner)
    await expect(create(deps, owner)).rejects.toThrow('quota-exceeded')
    await remove(deps, owner, project.id)
    const other = await create(deps, owner)
    await expect(restore(deps, owner, project.id)).rejects.toThrow('quota-exceeded')
    await remove(deps, owner, other.project.id, after(0), true)
    expect((await restore(deps, owner, project.id)).project.version).toBe(3)
  })

  it('holds while projects are deleted and restored by many at once', async () => {
    const owner = await createOwner()
    const replicas = [context.replica({ projectsMax: 3 }), context.replica({ projectsMax: 3 })]
    const [one, other] = replicas as [Replica, Replica]
    const ids: string[] = []
    for (let count = 0; count < 5; count += 1) {
      const { project } = await create(one, owner)
      ids.push(project.id)
      await remove(other, owner, project.id)
    }
    await Promise.allSettled(ids.flatMap((id) => replicas.map((deps) => restore(deps, owner, id))))
    const { active, places } = await truthOf(owner, ids)
    expect(active).toHaveLength(3)
    expect(places).toEqual(expect.arrayContaining(active))
    await settled()
    await releaseLeftPlacesOfAll(context, after(placeLeftAloneMs))
    expect((await truthOf(owner, ids)).places).toEqual(active)
  })
})

describe('a creation that died after its place', () => {
  const die = async (deps: Replica, owner: Owner) => {
    const projectId = newId('prj')
    const wanted = { ...owner, projectId, for: 'creation', at: after(0) } as const
    await takePlace(deps, wanted, cause())
    await settled()
    return projectId
  }
  const late = (deps: Replica, owner: Owner, projectId: string) =>
    deps.projects.handle(
      projectId,
      {
        type: 'CreateProject',
        ...owner,
        projectId,
        kind: 'plain',
        name: 'Late',
        contentSha256: 'a'.repeat(64),
        contentSizeBytes: 2,
        assetIds: [],
        by: owner.ownerId,
        at: after(0),
      },
      cause(),
    )

  it('keeps its place for a while, and then gives it to whoever needs one', async () => {
    const owner = await createOwner()
    const deps = context.replica({ projectsMax: 1 })
    const lost = await die(deps, owner)
    const early = create(deps, owner, after(placeLeftAloneMs - 1))
    await expect(early).rejects.toThrow('quota-exceeded')
    const { project } = await create(
      context.replica({ projectsMax: 1 }),
      owner,
      after(placeLeftAloneMs),
    )
    expect((await late(deps, owner, lost)).state.status).toBe('abandoned')
    expect(await truthOf(owner, [lost, project.id])).toEqual({
      active: [project.id],
      places: [project.id],
    })
  })

  it('loses nothing when it was only slow, and comes before it is closed', async () => {
    const owner = await createOwner()
    const deps = context.replica({ projectsMax: 1 })
    const slow = await die(deps, owner)
    await late(deps, owner, slow)
    await settled()
    const refused = create(deps, owner, after(placeLeftAloneMs))
    await expect(refused).rejects.toThrow('quota-exceeded')
    expect((await truthOf(owner, [slow])).active).toEqual([slow])
  })

  it('goes on under another id when it finds its first one closed', async () => {
    const owner = await createOwner()
    const deps = context.replica()
    const [first, second] = [newId('prj'), newId('prj')]
    await deps.projects.handle(
      first,
      { type: 'AbandonProject', ...owner, projectId: first, at: after(0) },
      cause(),
    )
    const ids = [first, second]
    const { project } = await createProject(
      deps,
      {
        ...owner,
        kind: 'plain',
        name: 'Project',
        description: null,
        content: {},
        by: owner.ownerId,
        at: after(0),
        newId: () => ids.shift() ?? '',
      },
      cause(),
    )
    expect(project.id).toBe(second)
  })

  it('is given up by the timer in any tenant, once', async () => {
    const owner = await createOwner()
    const lost = await die(context, owner)
    expect(await releaseLeftPlacesOfAll(context, after(placeLeftAloneMs - 1))).toBe(0)
    const timers = [context, context.replica()]
    await Promise.all(timers.map((deps) => releaseLeftPlacesOfAll(deps, after(placeLeftAloneMs))))
    expect(await truthOf(owner, [lost])).toEqual({ active: [], places: [] })
  })
})

describe('a restoration that died after its place', () => {
  it('is void once its place was given up', async () => {
    const owner = await createOwner()
    const deps = context.replica({ projectsMax: 1 })
    const { project } = await create(deps, owner)
    await remove(deps, owner, project.id)
    const { version } = await deps.projects.load(tenant, project.id)
    const wanted = { ...owner, projectId: project.id, for: 'restoration', at: after(0) } as const
    await takePlace(deps, wanted, cause())
    await settled()

    const other = await create(deps, owner, after(placeLeftAloneMs))
    const late = deps.projects.handle(
      project.id,
      {
        ...whichOf(owner, project.id, after(0)),
        type: 'RestoreProject',
        expectedVersion: version,
      },
      cause(),
    )
    await expect(late).rejects.toThrow('version-conflict')
    const ids = [project.id, other.project.id]
    expect(await truthOf(owner, ids)).toEqual({
      active: [other.project.id],
      places: [other.project.id],
    })
  })
})

describe('a process that is killed', () => {
  /** A store whose process dies before, or right after, its n-th append. */
  function dying(appends: number, afterwards: boolean): EventStore {
    let left = appends
    return {
      ...context.store,
      async append(...parameters) {
        left -= 1
        if (left < 0 || (left === 0 && !afterwards)) throw new Error('killed')
        const result = await context.store.append(...parameters)
        if (left === 0) throw new Error('killed')
        return result
      },
    }
  }
  const deaths = [1, 2, 3].flatMap((appends) =>
    [false, true].map((afterwards) => ({ appends, afterwards })),
  )

  it.each(deaths)(
    'at append $appends (afterwards: $afterwards) of any command leaves what the timer mends',
    async ({ appends, afterwards }) => {
      const owner = await createOwner()
      const alive = context.replica({ projectsMax: 10 })
      const [kept, gone] = [await create(alive, owner), await create(alive, owner)]
      await remove(alive, owner, gone.project.id)
      const victim = () => context.replica({ projectsMax: 10, store: dying(appends, afterwards) })
      const ids = [kept.project.id, gone.project.id]
      const attempts = [
        create(victim(), owner),
        remove(victim(), owner, kept.project.id),
        restore(victim(), owner, gone.project.id),
      ]
      for (const attempt of await Promise.allSettled(attempts)) {
        if (attempt.status === 'rejected') expect(attempt.reason).not.toBeInstanceOf(Rejection)
      }
      const { places } = await truthOf(owner, ids)
      ids.push(...places.filter((id) => !ids.includes(id)))

      await settled()
      await releaseLeftPlacesOfAll(context, after(placeLeftAloneMs))
      const mended = await truthOf(owner, ids)
      expect(mended.places).toEqual(mended.active)
      // And nothing stands in the way of the next one.
      await create(context.replica({ projectsMax: mended.active.length + 1 }), owner)
    },
  )
})

const seed = testSeed()

describe(`many at once, some of whom are killed (seed ${seed})`, () => {
  const random = createRandom(seed)
  const roundsMax = 8

  /** A store whose process dies at any append, before it or right after. */
  function mortal(): EventStore {
    let isDead = false
    const mayDie = () => {
      isDead ||= random.chance(0.2)
      if (isDead) throw new Error('killed')
    }
    return {
      ...context.store,
      async append(...parameters) {
        mayDie()
        const result = await context.store.append(...parameters)
        mayDie()
        return result
      },
    }
  }

  it('never have more projects than places, and in the end as many', async () => {
    const projectsMax = 3
    for (let round = 0; round < roundsMax; round += 1) {
      const owner = await createOwner()
      const alive = [context.replica({ projectsMax }), context.replica({ projectsMax })] as const
      const ids: string[] = []
      for (let count = 0; count < projectsMax; count += 1) {
        ids.push((await create(alive[0], owner)).project.id)
      }
      const act = async (at: string) => {
        const deps = random.chance(0.3)
          ? context.replica({ projectsMax, store: mortal() })
          : alive[random.integer(0, 1) as 0 | 1]
        const id = ids[random.integer(0, ids.length - 1)] ?? ''
        const dice = random.next()
        if (dice < 0.2) ids.push((await create(deps, owner, at)).project.id)
        else if (dice < 0.5) await remove(deps, owner, id, at, random.chance(0.1))
        else if (dice < 0.9) await restore(deps, owner, id, at)
        else await releaseLeftPlacesOfAll(deps, at)
      }
      for (let wave = 1; wave <= 4; wave += 1) {
        const at = after(wave * placeLeftAloneMs)
        await Promise.allSettled(Array.from({ length: 10 }, () => act(at)))
        const { places } = await truthOf(owner, [])
        ids.push(...places.filter((id) => !ids.includes(id)))
        expect((await truthOf(owner, ids)).active.length).toBeLessThanOrEqual(projectsMax)
      }
      await settled()
      await releaseLeftPlacesOfAll(context, after(10 * placeLeftAloneMs))
      const mended = await truthOf(owner, ids)
      expect(mended.places).toEqual(mended.active)
    }
  })
})
