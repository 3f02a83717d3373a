import { derivedId, newCommandId } from '@atrium/platform/identifier.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPurgeTimer, purgeDueInstances } from '../src/timers/purge-due-instances.ts'
import { createInstancesContext, type InstancesContext } from './instances-context.ts'

let context: InstancesContext
beforeAll(async () => {
  context = await createInstancesContext()
})
afterAll(() => context.close())

const [monday, tuesday, wednesday] = ['05', '06', '07'].map(
  (day) => `2026-01-${day}T00:00:00.000Z`,
) as [string, string, string]

const causeIn = (tenant: string) => {
  const commandId = newCommandId()
  return { tenant, actor: { service: 'test' }, correlationId: commandId, commandId }
}

/** An owner in a tenant with one instance kept and one deleted on Monday, due on Tuesday. */
async function ownerWithDeleted(tenant: string) {
  const { owners, projections } = context
  const ownerId = derivedId('usr', tenant, newCommandId())
  const [kept, deleted] = [derivedId('ins', ownerId, 'kept'), derivedId('ins', ownerId, 'deleted')]
  for (const instanceId of [kept, deleted]) {
    const create = { type: 'CreateInstance', ownerId, instanceId, at: monday } as const
    await owners.handle(ownerId, { ...create, name: instanceId, instancesMax: 10 }, causeIn(tenant))
  }
  const { position = 0 } = await owners.handle(
    ownerId,
    {
      type: 'DeleteInstance',
      ownerId,
      instanceId: deleted,
      at: monday,
      purgeAt: tuesday,
      purge: false,
      expectedVersion: undefined,
    },
    causeIn(tenant),
  )
  await projections.waitFor(position)
  return { tenant, ownerId, kept, deleted }
}

const instancesOf = async ({ tenant, ownerId }: { tenant: string; ownerId: string }) =>
  [...(await context.owners.load(tenant, ownerId)).state.instances.keys()].toSorted((a, b) =>
    a.localeCompare(b),
  )

it('purges what is due in every tenant, and nothing before its time', async () => {
  const people = [await ownerWithDeleted('acme'), await ownerWithDeleted('zenith')]
  const deps = { owners: context.owners, owner: context.database.owner }

  expect(await purgeDueInstances(deps, monday)).toBe(0)
  for (const person of people) expect(await instancesOf(person)).toHaveLength(2)

  expect(await purgeDueInstances(deps, wednesday)).toBe(2)
  for (const person of people) expect(await instancesOf(person)).toEqual([person.kept])
})

it('purges once, however many replicas look at the same time', async () => {
  const person = await ownerWithDeleted('acme')
  const deps = { owners: context.owners, owner: context.database.owner }
  await Promise.all([purgeDueInstances(deps, wednesday), purgeDueInstances(deps, wednesday)])
  const purged = []
  const stream = `instances.owner-acme:${person.ownerId}`
  for await (const { type } of context.store.readStream(stream)) {
    if (type === 'InstancePurged') purged.push(type)
  }
  expect(purged).toHaveLength(1)
})

it('purges the others where one cannot be purged, and tells of that one', async () => {
  const [broken, fine] = [await ownerWithDeleted('acme'), await ownerWithDeleted('acme')]
  const owners: typeof context.owners = {
    ...context.owners,
    handle: (id, ...rest) =>
      id === broken.ownerId
        ? Promise.reject(new Error('a stream that cannot be folded'))
        : context.owners.handle(id, ...rest),
  }
  const purging = purgeDueInstances({ owners, owner: context.database.owner }, wednesday)
  await expect(purging).rejects.toThrow('1 were not purged')
  expect(await instancesOf(fine)).toEqual([fine.kept])
  expect(await instancesOf(broken)).toHaveLength(2)
})

it('runs by itself from its start to its close', async () => {
  const person = await ownerWithDeleted('acme')
  const { owners, database, logger } = context
  const timer = createPurgeTimer({ owners, owner: database.owner, intervalMs: 10, logger })
  timer.start()
  await expect.poll(() => instancesOf(person)).toEqual([person.kept])
  await timer.close()
})
