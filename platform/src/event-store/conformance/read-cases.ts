import { describe, expect, test } from 'vitest'
import type { EventFilter, EventStore, RecordedEvent } from '../port.ts'
import { numbers, ofCategory, readAll, write, type Bench } from './bench.ts'
import { metadata, newCategory, newEvent, newEvents, newStream } from './events.ts'

export function readCases(bench: Bench) {
  describe('read', () => {
    contentCases(bench)
    streamCases(bench)
    allCases(bench)
    headCases(bench)
    tombstoneCases(bench)
  })
}

function contentCases(bench: Bench) {
  const values: [string, unknown][] = [
    ['nested objects and arrays', { a: [{ b: null }, [], {}], c: { d: true } }],
    ['numbers', { n: [0, -1, 1.5, 1e21, 5e-324, Number.MAX_SAFE_INTEGER] }],
    ['a bare string', 'text'],
    ['null', null],
    ['an array', [1, 'two', null]],
    ['unicode', { text: 'Grüße, 世界, 👩‍🚀, \u2028, e\u0301' }],
    ['quotes, backslashes and control characters', { text: '"\\"{}\n\t\b\u0001\u007f' }],
    ['a lone surrogate in data', { text: '\ud800' }],
    [
      'key order',
      Object.fromEntries([
        ['z', 1],
        ['a', 2],
        ['', 3],
      ]),
    ],
  ]
  test.each(values)('gives back %s as written', async (_, data) => {
    const stream = newStream()
    await write(bench.store, stream, [newEvent('Noted', data)])
    const [event] = await readAll(bench.store, stream)
    expect(JSON.stringify(event?.data)).toBe(JSON.stringify(data))
  })

  test('gives everything that an event has', async () => {
    const stream = newStream()
    const event = { ...newEvent('Noted', { n: 1 }), metadata: { ...metadata, causationId: 'é' } }
    const before = Date.now()
    const result = await write(bench.store, stream, [event])
    const [read] = await readAll(bench.store, stream)
    expect(read).toMatchObject({ stream, revision: 0, type: 'Noted', id: event.id })
    expect(read?.metadata).toEqual(event.metadata)
    expect(read?.position).toBe(result.position)
    expect(read?.recordedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    expect(Math.abs(Date.parse(read?.recordedAt ?? '') - before)).toBeLessThan(60_000)
  })

  test('passes events of types that nobody knows through', async () => {
    const stream = newStream()
    await write(bench.store, stream, [newEvent('ÜnknownOfTomorrow v9', { odd: 1 })])
    expect(await readAll(bench.store, stream)).toMatchObject([{ type: 'ÜnknownOfTomorrow v9' }])
  })

  test('keeps streams apart whose names begin alike or differ in case', async () => {
    const stream = newStream()
    await write(bench.store, stream, [newEvent()])
    await write(bench.store, `${stream}x`, newEvents(2))
    await write(bench.store, `${stream}X`, newEvents(3))
    expect(await readAll(bench.store, stream)).toHaveLength(1)
    expect(await readAll(bench.store, `${stream}x`)).toHaveLength(2)
    expect(await readAll(bench.store, `${stream}%`)).toHaveLength(0)
  })
}

function streamCases(bench: Bench) {
  const filled = async (count: number) => {
    const stream = newStream()
    await write(bench.store, stream, newEvents(count))
    return stream
  }
  const read = async (stream: string, options: Parameters<EventStore['readStream']>[1]) =>
    numbers(await Array.fromAsync(bench.store.readStream(stream, options)))

  test('a missing stream is empty in both directions', async () => {
    expect(await readAll(bench.store, newStream())).toEqual([])
    expect(await read(newStream(), { direction: 'backwards' })).toEqual([])
  })

  test('a stream comes forwards in order, with revisions without gaps', async () => {
    const events = await readAll(bench.store, await filled(5))
    expect(numbers(events)).toEqual([0, 1, 2, 3, 4])
    expect(events.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4])
  })

  test('a stream comes backwards from its end', async () => {
    expect(await read(await filled(4), { direction: 'backwards' })).toEqual([3, 2, 1, 0])
  })

  test('a stream comes forwards from a revision, inclusive', async () => {
    expect(await read(await filled(5), { from: 3 })).toEqual([3, 4])
  })

  test('a stream comes backwards from a revision, inclusive', async () => {
    expect(await read(await filled(5), { from: 2, direction: 'backwards' })).toEqual([2, 1, 0])
  })

  test('forwards from beyond the end is empty, backwards begins at the last', async () => {
    const stream = await filled(3)
    expect(await read(stream, { from: 3 })).toEqual([])
    expect(await read(stream, { from: 99, direction: 'backwards' })).toEqual([2, 1, 0])
  })

  test('a limit bounds a read in both directions; 0 reads nothing', async () => {
    const stream = await filled(6)
    expect(await read(stream, { from: 1, limit: 2 })).toEqual([1, 2])
    expect(await read(stream, { limit: 2, direction: 'backwards' })).toEqual([5, 4])
    expect(await read(stream, { limit: 0 })).toEqual([])
    expect(await read(stream, { limit: 99 })).toHaveLength(6)
  })

  test('a long stream comes whole over many pages, both ways', async () => {
    const stream = newStream()
    for (const from of [0, 1_000, 2_000]) await write(bench.store, stream, newEvents(1_000, from))
    const expected = Array.from({ length: 3_000 }, (_, n) => n)
    expect(await read(stream, {})).toEqual(expected)
    expect(await read(stream, { direction: 'backwards' })).toEqual(expected.toReversed())
  })

  test('a reader may stop early and read again', async () => {
    const stream = await filled(5)
    for await (const event of bench.store.readStream(stream)) {
      if (event.revision === 1) break
    }
    expect(await readAll(bench.store, stream)).toHaveLength(5)
  })
}

function allCases(bench: Bench) {
  const collect = async (options: Parameters<EventStore['readAll']>[0]) =>
    (await Array.fromAsync(bench.store.readAll(options))).flat()

  /** Two streams of one category, written in turns: 0, 1, 2 … */
  const turns = async () => {
    const category = newCategory()
    const streams = [newStream(category), newStream(category)]
    for (let n = 0; n < 6; n += 1) {
      const event = newEvent(n % 3 === 0 ? 'Third' : 'Other', { n })
      await write(bench.store, streams[n % 2] ?? '', [event])
    }
    return { category, streams }
  }

  test('all events come in the order in which they were written, whatever their stream', async () => {
    const { category } = await turns()
    const events = await collect({ filter: ofCategory(category) })
    expect(numbers(events)).toEqual([0, 1, 2, 3, 4, 5])
    expect(isRising(events.map(({ position }) => position))).toBe(true)
  })

  test('a filter by several prefixes takes streams that begin with any of them', async () => {
    const [one, two] = [await turns(), await turns()]
    const filter = { streamPrefixes: [one.streams[0] ?? '', `${two.category}-`] }
    expect(numbers(await collect({ filter }))).toEqual([0, 2, 4, 0, 1, 2, 3, 4, 5])
  })

  test('a prefix is text: it holds no wildcards and minds case', async () => {
    const { category } = await turns()
    for (const prefix of ['%', category.replace('.', '_'), category.toUpperCase()]) {
      expect(await collect({ filter: { streamPrefixes: [prefix] } })).toEqual([])
    }
  })

  test('a filter by types takes these types only', async () => {
    const { category } = await turns()
    const filter: EventFilter = { ...ofCategory(category), types: ['Third', 'Unheard'] }
    expect(numbers(await collect({ filter }))).toEqual([0, 3])
  })

  test('a filter by types alone reaches over categories', async () => {
    const type = `T${newCategory()}`
    for (const n of [1, 2]) await write(bench.store, newStream(), [newEvent(type, { n })])
    expect(numbers(await collect({ filter: { types: [type] } }))).toEqual([1, 2])
    expect(await collect({ filter: { types: [type.slice(0, -1)] } })).toEqual([])
  })

  test('a read after a position begins with the next event', async () => {
    const { category } = await turns()
    const filter = ofCategory(category)
    const all = await collect({ filter })
    expect(numbers(await collect({ filter, after: all[2]?.position ?? 0 }))).toEqual([3, 4, 5])
    expect(await collect({ filter, after: all[5]?.position ?? 0 })).toEqual([])
  })

  test('a limit bounds a read of all', async () => {
    const { category } = await turns()
    expect(numbers(await collect({ filter: ofCategory(category), limit: 4 }))).toEqual([0, 1, 2, 3])
    expect(await collect({ filter: ofCategory(category), limit: 0 })).toEqual([])
  })

  test('a read of all without a filter has no event of the server itself', async () => {
    const after = await bench.store.headPosition()
    const stream = newStream()
    await write(bench.store, stream, newEvents(3))
    const events = await collect({ after })
    expect(events.filter((event) => event.stream === stream)).toHaveLength(3)
    expect(events.filter(({ type }) => type.startsWith('$'))).toEqual([])
  })

  test('many events come whole over many batches', async () => {
    const category = newCategory()
    for (const from of [0, 1_500]) {
      await write(bench.store, newStream(category), newEvents(1_500, from))
    }
    const events = await collect({ filter: ofCategory(category) })
    expect(numbers(events)).toEqual(Array.from({ length: 3_000 }, (_, n) => n))
  })
}

function headCases(bench: Bench) {
  test('the head of a filter is the position of its last event, or 0', async () => {
    const category = newCategory()
    expect(await bench.store.headPosition(ofCategory(category))).toBe(0)
    const { position } = await write(bench.store, newStream(category), newEvents(2))
    await write(bench.store, newStream(), [newEvent()])
    expect(await bench.store.headPosition(ofCategory(category))).toBe(position)
  })

  test('the head of all is at or after every event that was written', async () => {
    const { position } = await write(bench.store, newStream(), [newEvent()])
    expect(await bench.store.headPosition()).toBeGreaterThanOrEqual(position)
  })
}

function tombstoneCases(bench: Bench) {
  const ended = { name: 'StreamTombstoned' }

  test.each([1, 2])('an ended stream refuses every append, of %d too', async (count) => {
    const stream = newStream()
    await write(bench.store, stream, newEvents(2))
    await bench.store.tombstone(stream)
    for (const expected of ['any', 'none', 1] as const) {
      const appending = bench.store.append(stream, newEvents(count), expected)
      await expect(appending).rejects.toMatchObject(ended)
    }
  })

  test('an ended stream throws when it is read, from wherever', async () => {
    const stream = newStream()
    await write(bench.store, stream, newEvents(2))
    await bench.store.tombstone(stream)
    for (const options of [{}, { from: 1, limit: 1 }, { direction: 'backwards' }] as const) {
      const reading = Array.fromAsync(bench.store.readStream(stream, options))
      await expect(reading).rejects.toMatchObject(ended)
    }
  })

  test('a stream that never was can be ended, and ended again', async () => {
    const stream = newStream()
    await bench.store.tombstone(stream)
    await bench.store.tombstone(stream)
    await expect(bench.store.append(stream, [newEvent()], 'none')).rejects.toMatchObject(ended)
  })

  test('an ended stream leaves others as they are', async () => {
    const category = newCategory()
    const [one, other] = [newStream(category), newStream(category)]
    await write(bench.store, other, [newEvent()])
    await bench.store.tombstone(one)
    await write(bench.store, other, [newEvent()])
    expect(await readAll(bench.store, other)).toHaveLength(2)
  })
}

const isRising = (positions: readonly RecordedEvent['position'][]) =>
  positions.every((position, index) => position > (positions[index - 1] ?? 0))
