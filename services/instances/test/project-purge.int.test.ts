import type { InstanceEvent } from '@atrium/contracts/instances/events.ts'
import { streamName } from '@atrium/contracts/naming.ts'
import { derivedId, newCommandId, newId } from '@atrium/platform/identifier.ts'
import type { ReactedEvent } from '@atrium/platform/reactions/reaction.ts'
import pMap from 'p-map'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProject } from '../src/project/creating.ts'
import { deleteProject } from '../src/project/deleting.ts'
import { takePlace } from '../src/project/places.ts'
import { purgeProjectsOnInstancePurged as reaction } from '../src/reactions/purge-projects-on-instance-purged.ts'
import { createProjectPurgeTimer, purgeDueProjects } from '../src/timers/purge-due-projects.ts'
import { createInstancesContext, type InstancesContext, type Replica } from './instances-context.ts'

type InstancePurged = Extract<InstanceEvent, { type: 'InstancePurged' }>

let context: InstancesContext
let roomy: Replica
beforeAll(async () => {
  context = await createInstancesContext()
  roomy = context.replica({ projectsMax: 10_000 })
})
afterAll(() => context.close())

const tenant = 'acme'
const [monday, tuesday, wednesday] = ['05', '06', '07'].map(
  (day) => `2026-01-${day}T00:00:00.000Z`,
) as [string, string, string]
const cause = () => {
  const commandId = newCommandId()
  return { tenant, actor: { service: 'test' }, correlationId: commandId, commandId }
}
const signal = new AbortController().signal

async function createOwner() {
  const ownerId = derivedId('usr', newCommandId())
  const ids = [derivedId('ins', ownerId, 'kept'), derivedId('ins', ownerId, 'purged')] as const
  for (const instanceId of ids) {
    await context.owners.handle(
      ownerId,
      {
        type: 'CreateInstance',
        ownerId,
        instanceId,
        name: instanceId,
        at: monday,
        instancesMax: 10,
      },
      cause(),
    )
  }
  return { ownerId, kept: ids[0], instanceId: ids[1] }
}
type Owner = Awaited<ReturnType<typeof createOwner>>

async function create({ ownerId, instanceId }: Pick<Owner, 'ownerId' | 'instanceId'>) {
  const { project } = await createProject(
    roomy,
    {
      ownerId,
      instanceId,
      kind: 'plain',
      name: 'Project',
      description: null,
      content: {},
      by: ownerId,
      at: monday,
      newId: () => newId('prj'),
    },
    cause(),
  )
  return project.id
}

const remove = ({ ownerId, instanceId }: Owner, projectId: string, purgeAt = tuesday) =>
  deleteProject(
    context,
    { ownerId, instanceId, projectId, by: ownerId, at: monday, expectedVersion: undefined },
    { purge: false, purgeAt },
    cause(),
  )

/** Purges the instance, and gives the event as JetStream delivers it. */
async function purgeInstance({ ownerId, instanceId }: Owner) {
  const handled = await context.owners.handle(
    ownerId,
    {
      type: 'DeleteInstance',
      ownerId,
      instanceId,
      at: tuesday,
      purgeAt: tuesday,
      purge: true,
      expectedVersion: undefined,
    },
    cause(),
  )
  const event: ReactedEvent<InstancePurged> = {
    id: newCommandId(),
    type: 'InstancePurged',
    data: { instanceId, ownerId, purgedAt: tuesday },
    stream: streamName('instances.owner', tenant, ownerId),
    revision: 4,
    position: handled.publicPosition ?? 0,
    recordedAt: tuesday,
    metadata: { ...cause(), schemaVersion: 1 },
    reaction: reaction.name,
  }
  return event
}

const statusOf = async (projectId: string) =>
  (await context.replica().projects.load(tenant, projectId)).state.status
const placesOf = async ({ ownerId }: Owner) => [
  ...(await context.replica().owners.load(tenant, ownerId)).state.places.keys(),
]

describe('a purged instance', () => {
  it('takes all its projects along, also deleted ones and those that are being created', async () => {
    const owner = await createOwner()
    const [active, deleted] = [await create(owner), await create(owner)]
    const other = await create({ ...owner, instanceId: owner.kept })
    await remove(owner, deleted)
    const coming = newId('prj')
    const { ownerId, instanceId } = owner
    const wanted = { ownerId, instanceId, projectId: coming, for: 'creation', at: monday } as const
    await takePlace(context, wanted, cause())

    const event = await purgeInstance(owner)
    const written = await reaction.react(event, context, signal)
    expect(await Promise.all([active, deleted, coming, other].map(statusOf))).toEqual([
      'purged',
      'purged',
      'abandoned',
      'active',
    ])
    expect(await placesOf(owner)).toEqual([other])
    expect(written?.position).toBeGreaterThan(event.position)

    const head = await context.store.headPosition()
    await reaction.react(event, context.replica(), signal) // delivered again
    expect(await context.store.headPosition()).toBe(head)
  })

  it('is gone on with by the next attempt where one died half way', async () => {
    const owner = await createOwner()
    const ids = await pMap(Array.from({ length: 40 }), () => create(owner), { concurrency: 8 })
    const event = await purgeInstance(owner)
    let left = 20
    const dying = context.replica({
      store: {
        ...context.store,
        async append(...parameters) {
          left -= 1
          if (left < 0) throw new Error('killed')
          return context.store.append(...parameters)
        },
      },
    })
    await expect(reaction.react(event, dying, signal)).rejects.toThrow(AggregateError)
    await reaction.react(event, context.replica(), signal)
    expect(new Set(await Promise.all(ids.map(statusOf)))).toEqual(new Set(['purged']))
    expect(await placesOf(owner)).toEqual([])
  })

  it('takes 1,000 projects along in one attempt', async () => {
    const owner = await createOwner()
    const ids = await pMap(Array.from({ length: 1_000 }), () => create(owner), { concurrency: 32 })
    const event = await purgeInstance(owner)
    const written = await reaction.react(event, context.replica(), signal)
    await context.projections.waitFor(written?.position ?? 0, { timeoutMs: 60_000 })
    const { rows } = await context.database.owner.query(
      'select 1 from project_list where instance_id = $1',
      [owner.instanceId],
    )
    expect(rows).toEqual([])
    expect(await placesOf(owner)).toEqual([])
    expect(await statusOf(ids[999] ?? '')).toBe('purged')
  })
})

describe('the retention of projects', () => {
  const settled = async () =>
    context.projections.waitFor(await context.store.headPosition(), { timeoutMs: 60_000 })

  it('purges what is due, once, and nothing before its time', async () => {
    const owner = await createOwner()
    const [due, later, kept] = [await create(owner), await create(owner), await create(owner)]
    await remove(owner, due)
    await remove(owner, later, wednesday)
    await settled()
    expect(await purgeDueProjects(context, monday)).toBe(0)
    await Promise.all([
      purgeDueProjects(context, tuesday),
      purgeDueProjects(context.replica(), tuesday),
    ])
    expect(await Promise.all([due, later, kept].map(statusOf))).toEqual([
      'purged',
      'deleted',
      'active',
    ])
    const stream = streamName('instances.project', tenant, due)
    const events = await Array.fromAsync(context.store.readStream(stream))
    expect(events.map(({ type }) => type)).toEqual([
      'ProjectCreated',
      'ProjectDeleted',
      'ProjectPurged',
    ])
  })

  it('runs by itself from its start to its close', async () => {
    const owner = await createOwner()
    const due = await create(owner)
    await remove(owner, due)
    const timer = createProjectPurgeTimer({ ...context, intervalMs: 10 })
    timer.start()
    await expect.poll(() => statusOf(due)).toBe('purged')
    await timer.close()
  })
})
