import type { Recorded } from '@atrium/contracts/cloud-event.ts'
import { expect, test } from 'vitest'
import { causedBy } from './cause.ts'

const event: Recorded = {
  id: '0198c7a0-0000-7000-8000-000000000001',
  type: 'UserRegistered',
  stream: 'auth.user-default:usr_1',
  revision: 0,
  position: 7,
  recordedAt: '2026-01-31T09:30:00.000Z',
  data: {},
  metadata: {
    tenant: 'default',
    actor: { userId: 'usr_1' },
    sessionId: 's',
    correlationId: 'c',
    commandId: 'd',
    schemaVersion: 1,
    traceparent: 't',
  },
}

test('two reactions to one event issue two commands, a redelivery the same one', () => {
  const [first, second] = [
    { ...event, reaction: 'greet-on-user-registered' },
    { ...event, reaction: 'count-on-user-registered' },
  ]
  const { commandId } = causedBy(first, 'instances')
  expect(causedBy(first, 'instances').commandId).toBe(commandId)
  expect(causedBy(second, 'instances').commandId).not.toBe(commandId)
  expect(causedBy(first, 'instances', 'again').commandId).not.toBe(commandId)
})

test('a reaction acts for whoever caused the event', () => {
  expect(causedBy({ ...event, reaction: 'r' }, 'instances')).toMatchObject({
    tenant: 'default',
    actor: { userId: 'usr_1', service: 'instances' },
    sessionId: 's',
    correlationId: 'c',
    causationId: event.id,
    traceparent: 't',
    mayRepeat: true,
  })
})
