import { randomUUID } from 'node:crypto'
import type { NewEvent } from '@atrium/platform/event-store/port.ts'

const metadata = {
  tenant: 'default',
  actor: { userId: 'usr_0198c2f0a5c77d5e9a4be3f0c1d2e3f4' },
  correlationId: '0198c2f0-a5c7-7d5e',
  commandId: '0198c2f0-a5c7',
  schemaVersion: 1,
}

/** 300 bytes of JSON, data and metadata together: what every contestant writes. */
export const sampleEvent = (): NewEvent => ({
  id: randomUUID(),
  type: 'InstanceRenamed',
  data: {
    instanceId: 'ins_0198c2f0a5c77d5e9a4be3f0c1d2e3f4',
    name: 'A name that someone gave',
    renamedAt: '2026-01-31T09:30:00.000Z',
  },
  metadata,
})

export const sampleEvents = (count: number) => Array.from({ length: count }, sampleEvent)

export const newStream = () => `bench.thing-default:${randomUUID()}`
