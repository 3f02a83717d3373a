import type { TenantRemoved } from '@atrium/contracts/auth/events.ts'
import { derivedId, newCommandId } from '@atrium/platform/identifier.ts'
import type { ReactedEvent } from '@atrium/platform/reactions/reaction.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { purgeInstancesOnTenantRemoved as reaction } from '../src/reactions/purge-instances-on-tenant-removed.ts'
import { purgeDueInstances } from '../src/timers/purge-due-instances.ts'
import { createInstancesContext, type InstancesContext } from './instances-context.ts'

let context: InstancesContext
beforeAll(async () => {
  context = await createInstancesContext()
})
afterAll(() => context.close())

const at = '2026-01-05T00:00:00.000Z'
const signal = new AbortController().signal

const causeIn = (tenant: string) => {
  const commandId = newCommandId()
  return { tenant, actor: { service: 'test' }, correlationId: commandId, commandId }
}

/** As JetStream delivers it. */
const removalOf = (tenantId: string): ReactedEvent<TenantRemoved> => ({
  id: newCommandId(),
  type: 'TenantRemoved',
  data: { tenantId, removedAt: at },
  stream: `auth.tenant-${tenantId}:${tenantId}`,
  revision: 1,
  position: 7,
  recordedAt: at,
  metadata: { ...causeIn(tenantId), schemaVersion: 1 },
  reaction: reaction.name,
})

/** An owner with an active instance and a deleted one. */
async function ownerIn(tenant: string) {
  const ownerId = derivedId('usr', tenant, newCommandId())
  const [kept, deleted] = [derivedId('ins', ownerId, 'kept'), derivedId('ins', ownerId, 'gone')]
  for (const instanceId of [kept, deleted]) {
    const create = { type: 'CreateInstance', ownerId, instanceId, at, instancesMax: 10 } as const
    await context.owners.handle(ownerId, { ...create, name: instanceId }, causeIn(tenant))
  }
  const { position = 0 } = await context.owners.handle(
    ownerId,
    {
      type: 'DeleteInstance',
      ownerId,
      instanceId: deleted,
      at,
      purgeAt: '2026-02-05T00:00:00.000Z',
      purge: false,
      expectedVersion: undefined,
    },
    causeIn(tenant),
  )
  return { tenant, ownerId, position }
}

const countOf = async ({ tenant, ownerId }: { tenant: string; ownerId: string }) =>
  (await context.owners.load(tenant, ownerId)).state.instances.size

it('purges everything of a removed tenant once, and nothing of another', async () => {
  const people = [await ownerIn('leaving'), await ownerIn('leaving'), await ownerIn('leaving')]
  const other = await ownerIn('staying')
  const event = removalOf('leaving')
  await reaction.react(event, context, signal)
  for (const person of people) expect(await countOf(person)).toBe(0)
  expect(await countOf(other)).toBe(2)
  const head = await context.store.headPosition({ streamPrefixes: ['instances.'] })
  await reaction.react(event, context, signal) // delivered again
  expect(await context.store.headPosition({ streamPrefixes: ['instances.'] })).toBe(head)
})

it('leaves to the timer what was created while the tenant was being removed', async () => {
  await reaction.react(removalOf('late'), context, signal)
  const straggler = await ownerIn('late')
  await context.projections.waitFor(straggler.position)
  const deps = { owners: context.owners, owner: context.database.owner }
  expect(await purgeDueInstances(deps, at)).toBe(2)
  expect(await countOf(straggler)).toBe(0)
})

it('finds more instances than a page of the list has', async () => {
  const people = await Promise.all(Array.from({ length: 60 }, () => ownerIn('large')))
  await reaction.react(removalOf('large'), context, signal)
  for (const person of people) expect(await countOf(person)).toBe(0)
})
