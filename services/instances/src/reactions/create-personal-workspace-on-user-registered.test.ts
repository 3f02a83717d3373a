import { storeGiveUpAfterMs } from '@atrium/platform/event-store/port.ts'
import { expect, it } from 'vitest'
import { createPersonalWorkspaceOnUserRegistered } from './create-personal-workspace-on-user-registered.ts'

it('outlasts the patience of the event store, so that an outage parks nobody', () => {
  expect(createPersonalWorkspaceOnUserRegistered.timeoutMs).toBeGreaterThan(storeGiveUpAfterMs)
})
