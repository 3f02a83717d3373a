import { randomUUID } from 'node:crypto'
import type { EventMetadata } from '@atrium/contracts/metadata.ts'
import type { EventStore, NewEvent } from '../port.ts'

/** What an opener module exports: see Subject. */
export interface Opener {
  readonly open: (url: string) => EventStore
}

/** A category that no other case uses: streams of it are `<category>-t:<id>`. */
export const newCategory = () => `test.c${randomUUID().replaceAll('-', '').slice(0, 16)}`

export const newStream = (category = newCategory()) => `${category}-t:${randomUUID()}`

export const metadata: EventMetadata = {
  tenant: 't',
  actor: { service: 'conformance' },
  correlationId: 'c1',
  commandId: 'd1',
  schemaVersion: 1,
}

export const newEvent = (type = 'Noted', data: unknown = { n: 1 }): NewEvent => ({
  id: randomUUID(),
  type,
  data,
  metadata,
})

/** Events whose data count from `from`. */
export const newEvents = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => newEvent('Noted', { n: from + n }))
