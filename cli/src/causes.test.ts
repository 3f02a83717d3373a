import { type Context, contexts } from '@atrium/contracts/context.ts'
import type { RecordedEvent } from '@atrium/platform/event-store/port.ts'
import { describe, expect, it } from 'vitest'
import { createCauses } from './causes.ts'

interface Given {
  readonly id: string
  readonly position: number
  readonly causationId?: string
  /** After the minute 09:30. */
  readonly minutes?: number
}

const eventOf = ({ id, position, causationId, minutes = 0 }: Given): RecordedEvent => ({
  id,
  type: 'UserRegistered',
  stream: 'auth.user-default:1',
  revision: 0,
  position,
  recordedAt: `2026-01-31T09:${30 + minutes}:00.000000Z`,
  data: {},
  metadata: {
    tenant: 'default',
    actor: {},
    correlationId: 'correlation',
    commandId: 'command',
    schemaVersion: 1,
    ...(causationId === undefined ? {} : { causationId }),
  },
})

/** Logs that hand out an event at a time and tell how far they were read. */
function givenLogs(logs: Partial<Record<Context, readonly RecordedEvent[]>>) {
  const read: string[] = []
  const causes = createCauses(
    (context) => ({
      async *readAll({ after = 0 } = {}) {
        for (const event of logs[context] ?? []) {
          if (event.position <= after) continue
          read.push(`${context}#${event.position}`)
          yield await Promise.resolve([event])
        }
      },
    }),
    Object.fromEntries(contexts.map((context) => [context, 0])) as Record<Context, number>,
  )
  return { causes, read }
}

const effect = eventOf({ id: 'effect', position: 1, causationId: 'cause' })

describe('the causes of events', () => {
  it('names a cause that was met before', async () => {
    const { causes, read } = givenLogs({})
    causes.note('auth', eventOf({ id: 'cause', position: 7 }))
    expect(await causes.nameOf(effect)).toBe('UserRegistered auth#7')
    expect(read).toEqual([])
  })

  it('looks a cause up that comes after its effect, and reads no event twice', async () => {
    const auth = [
      eventOf({ id: 'before', position: 1 }),
      eventOf({ id: 'cause', position: 2 }),
      eventOf({ id: 'later', position: 3 }),
    ]
    const { causes, read } = givenLogs({ auth })
    expect(await causes.nameOf(effect)).toBe('UserRegistered auth#2')
    expect(read).toEqual(['auth#1', 'auth#2'])
    const next = eventOf({ id: 'next', position: 2, causationId: 'later' })
    expect(await causes.nameOf(next)).toBe('UserRegistered auth#3')
    expect(read).toEqual(['auth#1', 'auth#2', 'auth#3'])
  })

  it('goes on in the next log where one has only later events', async () => {
    const auth = [1, 2, 3].map((position) =>
      eventOf({ id: `a${position}`, position, minutes: position }),
    )
    const instances = [eventOf({ id: 'cause', position: 5 })]
    const { causes, read } = givenLogs({ auth, instances })
    expect(await causes.nameOf(effect)).toBe('UserRegistered instances#5')
    expect(read).toEqual(['auth#1', 'auth#2', 'instances#5'])
  })

  it('has no name for what no log holds, and for an event that a request caused', async () => {
    const { causes } = givenLogs({ auth: [eventOf({ id: 'other', position: 1 })] })
    expect(await causes.nameOf(effect)).toBeUndefined()
    expect(await causes.nameOf(eventOf({ id: 'first', position: 1 }))).toBeUndefined()
  })
})
