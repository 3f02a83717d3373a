import type { ProjectEvent } from '@atrium/contracts/instances/project-events.ts'
import { streamName } from '@atrium/contracts/naming.ts'
import type { EventStore, NewEvent } from '@atrium/platform/event-store/port.ts'
import { derivedId, eventIdOf, newCommandId, newId } from '@atrium/platform/identifier.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalOf } from '../src/json/canonical.ts'
import { diff } from '../src/json/diff.ts'
import type { JsonObject } from '../src/json/value.ts'
import { project } from '../src/project.ts'
import { createProject } from '../src/project/creating.ts'
import { draftOf } from '../src/project/document.ts'
import { reviseProject } from '../src/project/revising.ts'
import { createInstancesContext, type InstancesContext, type Replica } from './instances-context.ts'

let context: InstancesContext
beforeAll(async () => {
  context = await createInstancesContext()
})
afterAll(() => context.close())

const tenant = 'acme'
const at = '2026-01-05T00:00:00.000Z'
const cause = () => {
  const commandId = newCommandId()
  return { tenant, actor: { service: 'test' }, correlationId: commandId, commandId }
}

async function createPlain(content: JsonObject) {
  const ownerId = derivedId('usr', newCommandId())
  const instanceId = derivedId('ins', ownerId)
  await context.owners.handle(
    ownerId,
    { type: 'CreateInstance', ownerId, instanceId, name: 'Home', at, instancesMax: 10 },
    cause(),
  )
  const request = {
    ownerId,
    instanceId,
    kind: 'plain',
    name: 'Project',
    description: null,
    content,
    by: ownerId,
    at,
    newId: () => newId('prj'),
  } as const
  const created = await createProject(context, request, cause())
  return { ownerId, instanceId, projectId: created.project.id }
}
type Which = Awaited<ReturnType<typeof createPlain>>

const revise = (deps: Replica, which: Which, content: JsonObject, expectedVersion?: number) =>
  reviseProject(
    deps,
    {
      ...which,
      by: which.ownerId,
      at,
      expectedVersion,
      change: (version) => ({ ...draftOf(version), content }),
    },
    cause(),
  )

const streamOf = ({ projectId }: Which) => streamName('instances.project', tenant, projectId)
const eventsOf = (which: Which) => Array.fromAsync(context.store.readStream(streamOf(which)))

async function snapshotsOf({ projectId }: Which) {
  const { rows } = await context.database.owner.query<{ version: number }>(
    'select version from project_snapshot where project_id = $1 order by version',
    [projectId],
  )
  return rows.map(({ version }) => version)
}
const forget = ({ projectId }: Which) => context.versions.forget(tenant, [projectId])

/** Counts the events of projects that are read. */
function counting() {
  const counts = { read: 0 }
  const store: EventStore = {
    ...context.store,
    async *readStream(...parameters) {
      for await (const event of context.store.readStream(...parameters)) {
        counts.read += 1
        yield event
      }
    },
  }
  return { counts, deps: context.replica({ store }) }
}

describe('a version', () => {
  it('is put together from the content that was created and the patches since', async () => {
    const which = await createPlain({ beds: 1 })
    await revise(context, which, { beds: 2, pond: true })
    await revise(context, which, { pond: false })
    const fresh = context.replica()
    const contents = await Promise.all(
      [1, 2, 3].map(
        async (version) => (await fresh.versions.at(tenant, which.projectId, version))?.content,
      ),
    )
    expect(contents).toEqual([{ beds: 1 }, { beds: 2, pond: true }, { pond: false }])
    for (const version of [0, 4]) {
      expect(await fresh.versions.at(tenant, which.projectId, version)).toBeUndefined()
    }
    expect(await fresh.versions.at('other', which.projectId, 1)).toBeUndefined()
  })

  it('has its patch in the event, or in the content table where it is large', async () => {
    const which = await createPlain({ text: 'small', kept: true })
    const large = { text: 'x'.repeat(300_000), kept: true }
    await revise(context, which, large)
    await revise(context, which, { text: 'small again', kept: true })
    const [, first, second] = await eventsOf(which)
    expect(first?.data).toMatchObject({ patchSizeBytes: expect.any(Number) as number })
    expect(first?.data).not.toHaveProperty('patch')
    const named = first?.data as { patchSha256: string } | undefined
    const bytes = await context.content.get(tenant, named?.patchSha256 ?? '')
    const patch: unknown = JSON.parse(bytes.toString())
    expect(patch).toEqual([{ op: 'replace', path: '/text', value: large.text }])
    expect(second?.data).toMatchObject({
      patch: [{ op: 'replace', path: '/text', value: 'small again' }],
      pointers: ['/content/text'],
    })
    await forget(which)
    const fresh = context.replica()
    expect((await fresh.versions.at(tenant, which.projectId, 2))?.content).toEqual(large)
  })

  it('is not given out where the events lead to another content than they say', async () => {
    const which = await createPlain({ beds: 1 })
    await revise(context, which, { beds: 2 })
    await context.database.owner.query(
      `update event_store.events
          set data = replace(data::text, '"value":2', '"value":3')::json
        where stream = $1 and revision = 1`,
      [streamOf(which)],
    )
    const fresh = context.replica()
    await expect(fresh.versions.at(tenant, which.projectId, 2)).rejects.toMatchObject({
      name: 'ContentCorrupt',
    })
    expect((await fresh.versions.at(tenant, which.projectId, 1))?.content).toEqual({ beds: 1 })
  })

  it('is built once for many who want it at the same time', async () => {
    const which = await createPlain({ beds: 1 })
    for (let beds = 2; beds <= 10; beds += 1) await revise(context, which, { beds })
    const { counts, deps } = counting()
    const many = await Promise.all(
      Array.from({ length: 20 }, () => deps.versions.at(tenant, which.projectId, 10)),
    )
    expect(many.every((version) => version?.content['beds'] === 10)).toBe(true)
    expect(counts.read).toBe(10)
  })
})

describe('a project of 10,000 changes', () => {
  const changesMax = 10_000
  const contentAfter = (changes: number): JsonObject => ({
    masters: [
      {
        name: 'day',
        widgets: Array.from({ length: 20 }, (_, index) => ({
          id: `w${index}`,
          x: Math.floor((changes + 19 - index) / 20),
        })),
      },
    ],
  })

  /** As the commands would have written them, in few appends. */
  async function writeChanges(which: Which) {
    const { ownerId, instanceId, projectId } = which
    let { state } = await context.projects.load(tenant, projectId)
    let before = contentAfter(0)
    let fresh: NewEvent[] = []
    for (let changes = 1; changes <= changesMax; changes += 1) {
      if (state.status !== 'active') throw new Error('there is no project')
      const after = contentAfter(changes)
      const { sha256, bytes } = canonicalOf(after)
      const patch = [...diff(before, after)]
      const [event] = project.decide(
        {
          type: 'ReviseProject',
          ownerId,
          instanceId,
          projectId,
          by: ownerId,
          at,
          expectedVersion: undefined,
          content: {
            baseSha256: state.contentSha256,
            sha256,
            sizeBytes: bytes.length,
            assetIds: [],
            patch,
            patchSizeBytes: JSON.stringify(patch).length,
            pointers: [],
          },
        },
        state,
      ) as [ProjectEvent]
      state = project.evolve(state, event)
      before = after
      const { commandId, ...metadata } = cause()
      fresh.push({
        id: eventIdOf(commandId, 0),
        type: event.type,
        data: event.data,
        metadata: { ...metadata, commandId, schemaVersion: 1 },
      })
      if (fresh.length === 500) {
        await context.store.append(streamOf(which), fresh, changes - fresh.length)
        fresh = []
      }
    }
  }

  it('is read by few events with its snapshots, and without them all the same', async () => {
    const which = await createPlain(contentAfter(0))
    await writeChanges(which)
    const newest = changesMax + 1

    const without = counting()
    const read = await without.deps.versions.at(tenant, which.projectId, newest)
    expect(read?.content).toEqual(contentAfter(changesMax))
    expect(without.counts.read).toBe(newest)
    expect(await snapshotsOf(which)).toEqual([changesMax + 1 - (changesMax % 200)])

    const with_ = counting()
    const again = await with_.deps.versions.at(tenant, which.projectId, newest)
    expect(again).toEqual(read)
    expect(with_.counts.read).toBeLessThanOrEqual(200)

    const middle = await context.replica().versions.at(tenant, which.projectId, 5_000)
    expect(middle?.content).toEqual(contentAfter(4_999))
    await forget(which)
    expect(await snapshotsOf(which)).toEqual([])
    expect(await context.replica().versions.at(tenant, which.projectId, newest)).toEqual(read)
  })
})

describe('a snapshot', () => {
  it('is written by the change that makes it due', async () => {
    const which = await createPlain({ count: 0 })
    for (let count = 1; count <= 201; count += 1) await revise(context, which, { count })
    expect(await snapshotsOf(which)).toEqual([201])
    const { counts, deps } = counting()
    const read = await deps.versions.at(tenant, which.projectId, 202)
    expect(read?.content).toEqual({ count: 201 })
    expect(counts.read).toBe(1)
  })

  it('of another shape of the state is passed over', async () => {
    const which = await createPlain({ count: 0 })
    for (let count = 1; count <= 200; count += 1) await revise(context, which, { count })
    await context.database.owner.query(
      `update project_snapshot set shape = shape + 1, content = '{}' where project_id = $1`,
      [which.projectId],
    )
    const { counts, deps } = counting()
    const read = await deps.versions.at(tenant, which.projectId, 201)
    expect(read?.content).toEqual({ count: 200 })
    expect(counts.read).toBe(201)
  })
})

describe('changes by several processes', () => {
  it('are made anew of the newest where they name no version', async () => {
    const which = await createPlain({})
    const replicas = [context.replica(), context.replica(), context.replica()]
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const deps = replicas[index % 3] as Replica
        const change = reviseProject(
          deps,
          {
            ...which,
            by: which.ownerId,
            at,
            expectedVersion: undefined,
            change: ({ project: its, content }) => ({
              name: its.name,
              description: its.description,
              content: { ...content, [`k${index}`]: index },
            }),
          },
          cause(),
        )
        return change
      }),
    )
    const { state } = await context.replica().projects.load(tenant, which.projectId)
    if (state.status !== 'active') throw new Error('there is no project')
    expect(state.version).toBe(13)
    const content = await context.replica().versions.contentOf(tenant, state)
    expect(Object.keys(content)).toHaveLength(12)
  })

  it('record what was refused in a stream beside the project, whose version it leaves', async () => {
    const which = await createPlain({ title: 'old', beds: 1 })
    await revise(context, which, { title: 'theirs', beds: 1 })
    const refused = revise(context.replica(), which, { title: 'yours', beds: 2 }, 1)
    await expect(refused).rejects.toMatchObject({
      code: 'version-conflict',
      extensions: { currentVersion: 2, changedBy: which.ownerId, conflicts: ['/content/title'] },
    })
    const stream = streamName('instances.project_conflict', tenant, which.projectId)
    const [recorded, ...others] = await Array.fromAsync(context.store.readStream(stream))
    expect(others).toEqual([])
    expect(recorded).toMatchObject({
      type: 'ProjectChangeRefused',
      data: {
        projectId: which.projectId,
        userId: which.ownerId,
        by: 'change',
        baseVersion: 1,
        currentVersion: 2,
        yours: ['/content/beds', '/content/title'],
        theirs: ['/content/title'],
        conflicts: ['/content/title'],
      },
    })
    expect(await eventsOf(which)).toHaveLength(2)
  })

  it('find what a repeated command did, though its version is stale by now', async () => {
    const which = await createPlain({ beds: 1 })
    const repeatable = { ...cause(), mayRepeat: true }
    const revision = {
      ...which,
      by: which.ownerId,
      at,
      expectedVersion: 1,
      change: () => ({ name: 'Project', description: null, content: { beds: 2 } }),
    }
    const first = await reviseProject(context, revision, repeatable)
    await revise(context, which, { beds: 3 })
    const again = await reviseProject(context.replica(), revision, repeatable)
    expect(again.written).toEqual(first.written)
    expect(again.content).toEqual({ beds: 3 })
    expect(await eventsOf(which)).toHaveLength(3)
  })
})
