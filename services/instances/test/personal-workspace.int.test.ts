import type { UserRegistered } from '@atrium/contracts/auth/events.ts'
import { derivedId, newCommandId } from '@atrium/platform/identifier.ts'
import type { ReactedEvent } from '@atrium/platform/reactions/reaction.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPersonalWorkspaceOnUserRegistered as reaction } from '../src/reactions/create-personal-workspace-on-user-registered.ts'
import { createInstancesContext, type InstancesContext } from './instances-context.ts'

let context: InstancesContext
beforeAll(async () => {
  context = await createInstancesContext()
})
afterAll(() => context.close())

function registered(): ReactedEvent<UserRegistered> {
  const id = newCommandId()
  const userId = derivedId('usr', id)
  return {
    reaction: reaction.name,
    type: 'UserRegistered',
    id,
    stream: `auth.user-acme:${userId}`,
    revision: 0,
    position: 7,
    recordedAt: '2026-01-01T00:00:00.000Z',
    data: { userId, email: 'ada@example.com', registeredAt: '2026-01-01T00:00:00.000Z' },
    metadata: {
      tenant: 'acme',
      actor: { userId },
      correlationId: 'the request',
      commandId: id,
      schemaVersion: 1,
    },
  }
}

const react = (event: ReactedEvent<UserRegistered>) =>
  reaction.react(event, { owners: context.owners }, new AbortController().signal)

const eventsOf = (userId: string) =>
  Array.fromAsync(context.store.readStream(`instances.owner-acme:${userId}`))

it('gives a new person a default workspace, caused by the registration', async () => {
  const event = registered()
  const written = await react(event)
  const events = await eventsOf(event.data.userId)
  expect(events.map(({ type }) => type)).toEqual(['InstanceCreated', 'DefaultInstanceChanged'])
  expect(events[0]?.metadata).toMatchObject({
    tenant: 'acme',
    actor: { userId: event.data.userId, service: 'instances' },
    causationId: event.id,
    correlationId: 'the request',
  })
  expect(written?.publicPosition).toBe(events[0]?.position)
  expect(written?.position).toBe(events[1]?.position)
})

it('does it once, however often the event comes, and tells the same positions', async () => {
  const event = registered()
  const first = await react(event)
  const again = await Promise.all([react(event), react(event)])
  for (const written of again) {
    expect(written?.position).toBe(first?.position)
    expect(written?.publicPosition).toBe(first?.publicPosition)
  }
  expect(await eventsOf(event.data.userId)).toHaveLength(2)
})
