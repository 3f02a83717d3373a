import type { UserRegistered, UserRemoved } from '@atrium/contracts/auth/events.ts'
import { derivedId, newCommandId } from '@atrium/platform/identifier.ts'
import type { ReactedEvent } from '@atrium/platform/reactions/reaction.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closeOwnerOnUserRemoved } from '../src/reactions/close-owner-on-user-removed.ts'
import { createPersonalWorkspaceOnUserRegistered } from '../src/reactions/create-personal-workspace-on-user-registered.ts'
import { createInstancesContext, type InstancesContext } from './instances-context.ts'

let context: InstancesContext
beforeAll(async () => {
  context = await createInstancesContext()
})
afterAll(() => context.close())

const tenant = 'acme'
const at = '2026-01-05T00:00:00.000Z'
const { signal } = new AbortController()

/** What stands around an event as JetStream delivers it. */
const delivered = (userId: string, reaction: string) => {
  const commandId = newCommandId()
  const cause = { tenant, actor: { service: 'test' }, correlationId: commandId, commandId }
  return {
    id: newCommandId(),
    stream: `auth.user-${tenant}:${userId}`,
    revision: 1,
    position: 7,
    recordedAt: at,
    metadata: { ...cause, schemaVersion: 1 },
    reaction,
  }
}

const registrationOf = (userId: string): ReactedEvent<UserRegistered> => ({
  ...delivered(userId, createPersonalWorkspaceOnUserRegistered.name),
  type: 'UserRegistered',
  data: { userId, email: 'a@example.com', registeredAt: at },
})
const removalOf = (userId: string): ReactedEvent<UserRemoved> => ({
  ...delivered(userId, closeOwnerOnUserRemoved.name),
  type: 'UserRemoved',
  data: { userId, removedAt: at },
})
const typesOf = async (ownerId: string) => {
  const { store } = context
  const types: string[] = []
  const stream = `instances.owner-${tenant}:${ownerId}`
  for await (const batch of store.readAll({ filter: { streamPrefixes: [stream] } })) {
    types.push(...batch.map(({ type }) => type))
  }
  return types
}
const react = {
  register: (event: ReactedEvent<UserRegistered>) =>
    createPersonalWorkspaceOnUserRegistered.react(event, context, signal),
  remove: (event: ReactedEvent<UserRemoved>) =>
    closeOwnerOnUserRemoved.react(event, context, signal),
}

it('an account that is gone takes all its instances along, once', async () => {
  const userId = derivedId('usr', 'first')
  await react.register(registrationOf(userId))
  const removal = removalOf(userId)
  await react.remove(removal)
  await react.remove(removal)
  expect(await typesOf(userId)).toEqual([
    'InstanceCreated',
    'DefaultInstanceChanged',
    'InstancePurged',
    'OwnerClosed',
  ])
})

it('a workspace that would come after it does not', async () => {
  const userId = derivedId('usr', 'second')
  await react.remove(removalOf(userId))
  await react.register(registrationOf(userId))
  const instanceId = derivedId('ins', 'third')
  const create = { type: 'CreateInstance', ownerId: userId, instanceId, name: 'x', at } as const
  const cause = removalOf(userId).metadata
  await expect(
    context.owners.handle(userId, { ...create, instancesMax: 10 }, cause),
  ).rejects.toMatchObject({ code: 'not-found' })
  expect(await typesOf(userId)).toEqual(['OwnerClosed'])
})
