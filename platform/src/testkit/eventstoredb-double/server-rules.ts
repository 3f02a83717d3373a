import { randomUUID } from 'node:crypto'
import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  jsonEvent,
  NO_STREAM,
  STREAM_EXISTS,
  streamNameFilter,
  type AppendExpectedRevision,
  type JSONEventData,
  type JSONType,
} from '@eventstore/db-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newStream } from '../../event-store/conformance/events.ts'

/** The unary path, on which an append has a deadline; without TLS the credentials are ignored. */
const alone = { credentials: { username: 'nobody', password: 'nothing' }, deadline: 5_000 }

const event = (
  id: string = randomUUID(),
  type = 'Ruled',
  data: JSONType = { n: 1 },
): JSONEventData => ({
  ...jsonEvent({ type, data }),
  id,
})

/**
 * What the adapter relies on, asked of a server with the plain client: the double and a real server
 * have to answer alike.
 */
export function describeServerRules(name: string, url: () => string) {
  describe(`${name}, asked by the plain client,`, () => {
    const state: { client?: EventStoreDBClient } = {}
    const client = () => {
      if (!state.client) throw new Error('Not connected')
      return state.client
    }
    beforeAll(() => {
      state.client = EventStoreDBClient.connectionString(url())
    })
    afterAll(() => state.client?.dispose())
    const append = (
      stream: string,
      events: JSONEventData[],
      expectedRevision: AppendExpectedRevision,
    ) => client().appendToStream(stream, events, { ...alone, expectedRevision })

    repeatRules(append)
    deleteRules(client, append)
    readRules(client, append)
  })
}

type Append = (
  stream: string,
  events: JSONEventData[],
  expected: AppendExpectedRevision,
) => Promise<{ readonly nextExpectedRevision: bigint; readonly position?: unknown }>

function repeatRules(append: Append) {
  test('answers a repeat with the same revision as the first time, also later', async () => {
    const stream = newStream()
    const events = [event(), event()]
    const first = await append(stream, events, NO_STREAM)
    await append(stream, [event()], 1n)
    expect(await append(stream, events, NO_STREAM)).toEqual(first)
  })

  test('refuses an old event before a new one, and writes it behind a new one', async () => {
    const stream = newStream()
    const old = event()
    await append(stream, [old], NO_STREAM)
    const wrong = { type: 'wrong-expected-version', actualVersion: 0n }
    await expect(append(stream, [old, event()], NO_STREAM)).rejects.toMatchObject(wrong)
    await expect(append(stream, [old, event()], 'any')).rejects.toMatchObject({ type: wrong.type })
    expect(await append(stream, [event(), old], 0n)).toMatchObject({ nextExpectedRevision: 2n })
  })

  test('tells the wrong revision as a number, or that there is no stream', async () => {
    const stream = newStream()
    const missing = { actualVersion: 'no_stream', expectedVersion: 3n }
    await expect(append(stream, [event()], 3n)).rejects.toMatchObject(missing)
    await append(stream, [event(), event()], NO_STREAM)
    const there = { actualVersion: 1n, expectedVersion: 'no_stream', message: '' }
    await expect(append(stream, [event()], NO_STREAM)).rejects.toMatchObject(there)
  })

  test('refuses more than 1,048,576 bytes of data', async () => {
    const large = event(randomUUID(), 'Large', { text: 'x'.repeat(1_048_576) })
    const refused = { type: 'maximum-append-size-exceeded', maxAppendSize: 1_048_576 }
    await expect(append(newStream(), [large], NO_STREAM)).rejects.toMatchObject(refused)
  })

  test.each([
    ['an id that is no UUID', event('e1')],
    ['an empty type', event(randomUUID(), '')],
  ])('answers %s with an error that tells nothing', async (_, broken) => {
    const unknown = { type: 'unknown' }
    await expect(append(newStream(), [broken], NO_STREAM)).rejects.toMatchObject(unknown)
  })
}

function deleteRules(client: () => EventStoreDBClient, append: Append) {
  test('counts on after a soft deletion', async () => {
    const stream = newStream()
    await append(stream, [event(), event()], NO_STREAM)
    await client().deleteStream(stream, alone)
    const reading = Array.fromAsync(client().readStream(stream))
    await expect(reading).rejects.toMatchObject({ type: 'stream-not-found' })
    const gone = { type: 'stream-deleted' }
    await expect(append(stream, [event()], STREAM_EXISTS)).rejects.toMatchObject(gone)
    expect(await append(stream, [event()], NO_STREAM)).toMatchObject({ nextExpectedRevision: 2n })
  })

  test('answers everything about a tombstone with "deleted"', async () => {
    const stream = newStream()
    await append(stream, [event()], NO_STREAM)
    await client().tombstoneStream(stream, alone)
    const gone = { type: 'stream-deleted', streamName: stream }
    await expect(append(stream, [event()], 0n)).rejects.toMatchObject(gone)
    await expect(client().tombstoneStream(stream, alone)).rejects.toMatchObject(gone)
    await expect(Array.fromAsync(client().readStream(stream))).rejects.toMatchObject(gone)
  })
}

function readRules(client: () => EventStoreDBClient, append: Append) {
  test('gives an append the position of its last event, commit and prepare alike', async () => {
    const stream = newStream()
    const { position } = await append(stream, [event(), event(), event()], NO_STREAM)
    const events = await Array.fromAsync(client().readStream(stream))
    const positions = events.map((resolved) => resolved.event?.position)
    expect(positions.at(-1)).toEqual(position)
    for (const each of positions) expect(each?.commit).toBe(each?.prepare)
    expect(new Set(positions.map((each) => each?.commit)).size).toBe(3)
  })

  test('reads all forwards from a position inclusively, and backwards exclusively', async () => {
    const stream = newStream()
    await append(stream, [event(), event()], NO_STREAM)
    const [first] = await Array.fromAsync(client().readStream(stream))
    const fromPosition = first?.event?.position ?? END
    const [next] = await Array.fromAsync(client().readAll({ fromPosition, maxCount: 1 }))
    expect(next?.event?.id).toBe(first?.event?.id)
    const back = { fromPosition, maxCount: 1, direction: BACKWARDS } as const
    const [before] = await Array.fromAsync(client().readAll(back))
    expect(before?.event?.id).not.toBe(first?.event?.id)
  })

  test('fails on a position inside a record', async () => {
    const stream = newStream()
    await append(stream, [event(), event()], NO_STREAM)
    const [first] = await Array.fromAsync(client().readStream(stream))
    const inside = (first?.event?.position?.commit ?? 0n) + 3n
    const fromPosition = { commit: inside, prepare: inside }
    await expect(Array.fromAsync(client().readAll({ fromPosition }))).rejects.toThrow('Error')
  })

  test('subscribes after a position, and filters exactly by prefix', async () => {
    const stream = newStream()
    await append(stream, [event(), event()], NO_STREAM)
    const [first] = await Array.fromAsync(client().readStream(stream))
    const filter = streamNameFilter({ prefixes: [stream] })
    const fromPosition = first?.event?.position ?? END
    for await (const { event: next } of client().subscribeToAll({ fromPosition, filter })) {
      expect(next).toMatchObject({ streamId: stream, revision: 1n })
      break
    }
  })
}
