import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { anyTailEvents, appendBytesMax, appendEventsMax, type NewEvent } from '../port.ts'
import { nameBytesMax } from '../serialise.ts'
import { readAll, write, type Bench } from './bench.ts'
import { metadata, newEvent, newEvents, newStream } from './events.ts'

export function appendCases(bench: Bench) {
  describe('append', () => {
    expectedRevisionCases(bench)
    repeatCases(bench)
    refusalCases(bench)
    sizeCases(bench)
  })
}

function expectedRevisionCases(bench: Bench) {
  test('with none begins a stream at revision 0', async () => {
    const result = await bench.store.append(newStream(), [newEvent()], 'none')
    expect(result).toMatchObject({ status: 'appended', revision: 0 })
  })

  test('answers with the revision and the position of its last event', async () => {
    const stream = newStream()
    const result = await bench.store.append(stream, newEvents(3), 'none')
    const last = (await readAll(bench.store, stream)).at(-1)
    expect(result).toEqual({ status: 'appended', revision: 2, position: last?.position })
  })

  test('with none on a stream that exists is a conflict that tells its revision', async () => {
    const stream = newStream()
    await write(bench.store, stream, newEvents(2))
    const result = await bench.store.append(stream, [newEvent()], 'none')
    expect(result).toEqual({ status: 'conflict', actual: 1 })
  })

  test.each([1, 2])('with the last revision goes on, by %d', async (count) => {
    const stream = newStream()
    await write(bench.store, stream, newEvents(2))
    const result = await bench.store.append(stream, newEvents(count), 1)
    expect(result).toMatchObject({ status: 'appended', revision: 1 + count })
  })

  test.each([1, 2])(
    'of %d with an earlier revision is a conflict, nothing written',
    async (count) => {
      const stream = newStream()
      await write(bench.store, stream, newEvents(3))
      const result = await bench.store.append(stream, newEvents(count), 1)
      expect(result).toEqual({ status: 'conflict', actual: 2 })
      expect(await readAll(bench.store, stream)).toHaveLength(3)
    },
  )

  test('with a later revision is a conflict', async () => {
    const stream = newStream()
    await write(bench.store, stream, [newEvent()])
    const result = await bench.store.append(stream, [newEvent()], 7)
    expect(result).toEqual({ status: 'conflict', actual: 0 })
  })

  test('with a revision on a missing stream is a conflict with none', async () => {
    const result = await bench.store.append(newStream(), [newEvent()], 0)
    expect(result).toEqual({ status: 'conflict', actual: 'none' })
  })

  test('with any begins a stream and goes on with it', async () => {
    const stream = newStream()
    const first = await bench.store.append(stream, [newEvent()], 'any')
    const second = await bench.store.append(stream, newEvents(2), 'any')
    expect(first).toMatchObject({ status: 'appended', revision: 0 })
    expect(second).toMatchObject({ status: 'appended', revision: 2 })
  })

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('throws for %d, which is no revision', async (bad) => {
    await expect(bench.store.append(newStream(), [newEvent()], bad)).rejects.toThrow(RangeError)
  })
}

function repeatCases(bench: Bench) {
  test.each(['none', 0] as const)(
    'repeated with %s answers as the first time and writes nothing',
    async (expected) => {
      const stream = newStream()
      if (expected === 0) await write(bench.store, stream, [newEvent()])
      const events = newEvents(3)
      const first = await bench.store.append(stream, events, expected)
      const again = await bench.store.append(stream, events, expected)
      expect(first.status).toBe('appended')
      expect(again).toEqual(first)
      expect(await readAll(bench.store, stream)).toHaveLength(expected === 0 ? 4 : 3)
    },
  )

  test.each(['none', 0] as const)(
    'repeated with %s is known after other events',
    async (expected) => {
      const stream = newStream()
      if (expected === 0) await write(bench.store, stream, [newEvent()])
      const events = newEvents(2)
      const first = await bench.store.append(stream, events, expected)
      await write(bench.store, stream, newEvents(5))
      expect(await bench.store.append(stream, events, expected)).toEqual(first)
    },
  )

  test('repeated with any answers as the first time, also after other events', async () => {
    const stream = newStream()
    await write(bench.store, stream, [newEvent()])
    const events = newEvents(2)
    const first = await bench.store.append(stream, events, 'any')
    expect(await bench.store.append(stream, events, 'any')).toEqual(first)
    await write(bench.store, stream, newEvents(5))
    expect(await bench.store.append(stream, events, 'any')).toEqual(first)
    expect(await readAll(bench.store, stream)).toHaveLength(8)
  })

  test(`repeated with any is known when it is at the end of the last ${anyTailEvents}`, async () => {
    const stream = newStream()
    const events = [newEvent()]
    const first = await bench.store.append(stream, events, 'any')
    await write(bench.store, stream, newEvents(anyTailEvents - 1))
    expect(await bench.store.append(stream, events, 'any')).toEqual(first)
  })

  test('repeated at once, with the answer not awaited, is written once', async () => {
    const [exact, any] = [newStream(), newStream()]
    const events = newEvents(2)
    const others = newEvents(2)
    const results = await Promise.all([
      ...Array.from({ length: 4 }, () => bench.store.append(exact, events, 'none')),
      ...Array.from({ length: 4 }, () => bench.store.append(any, others, 'any')),
    ])
    for (const result of results) expect(result).toMatchObject({ status: 'appended', revision: 1 })
    expect(await readAll(bench.store, exact)).toHaveLength(2)
    expect(await readAll(bench.store, any)).toHaveLength(2)
  })

  test('repeated with other data keeps the first', async () => {
    const stream = newStream()
    const event = newEvent('Noted', { n: 1 })
    await bench.store.append(stream, [event], 'none')
    await bench.store.append(stream, [{ ...event, data: { n: 2 } }], 'none')
    const [kept] = await readAll(bench.store, stream)
    expect(kept?.data).toEqual({ n: 1 })
  })

  test('repeated with ids in upper case is known', async () => {
    const stream = newStream()
    const event = newEvent()
    const first = await bench.store.append(stream, [event], 'none')
    const upper = { ...event, id: event.id.toUpperCase() }
    expect(await bench.store.append(stream, [upper], 'none')).toEqual(first)
    expect((await readAll(bench.store, stream))[0]?.id).toBe(event.id)
  })

  test('the same ids in another stream are other events', async () => {
    const events = newEvents(2)
    const [one, other] = [newStream(), newStream()]
    await bench.store.append(one, events, 'none')
    await bench.store.append(other, events, 'none')
    expect(await readAll(bench.store, other)).toHaveLength(2)
  })

  test.each([
    ['an old event, then a new one', (old: NewEvent) => [old, newEvent()]],
    ['a new event, then an old one', (old: NewEvent) => [newEvent(), old]],
  ])('partly written before (%s) is a conflict, and partly-written with any', async (_, batch) => {
    const stream = newStream()
    const old = newEvent()
    await bench.store.append(stream, [old], 'any')
    const events = batch(old)
    const exact = await bench.store.append(stream, events, 'none')
    expect(exact).toEqual({ status: 'conflict', actual: 0 })
    await expect(bench.store.append(stream, events, 'any')).rejects.toMatchObject({
      name: 'AppendRefused',
      reason: 'partly-written',
    })
    expect(await readAll(bench.store, stream)).toHaveLength(1)
  })

  test('the same events in another order are no repeat', async () => {
    const stream = newStream()
    const [one, two] = [newEvent(), newEvent()]
    await bench.store.append(stream, [one, two], 'none')
    const turned = await bench.store.append(stream, [two, one], 'none')
    expect(turned).toEqual({ status: 'conflict', actual: 1 })
  })
}

function refusalCases(bench: Bench) {
  const circular: { self?: unknown } = {}
  circular.self = circular
  const twice = newEvent()
  const refused: [string, string, readonly NewEvent[]][] = [
    ['nothing', 'empty', []],
    ['an id that is no UUID', 'invalid-event', [{ ...newEvent(), id: 'e1' }]],
    ['an empty type', 'invalid-event', [newEvent('')]],
    ['a type of the server', 'invalid-event', [newEvent('$metadata')]],
    ['a type with a lone surrogate', 'invalid-event', [newEvent('Odd\ud800')]],
    ['an id twice', 'invalid-event', [twice, { ...twice, id: twice.id.toUpperCase() }]],
    ['U+0000 in the data', 'invalid-event', [newEvent('Noted', { text: 'a\0b' })]],
    ['no data', 'not-serialisable', [{ ...newEvent(), data: undefined }]],
    ['a bigint', 'not-serialisable', [newEvent('Noted', { n: 1n })]],
    ['a circle', 'not-serialisable', [newEvent('Noted', circular)]],
    ['too many events', 'too-large', newEvents(appendEventsMax + 1)],
  ]
  test.each(refused)('refuses %s as %s', async (_, reason, events) => {
    const stream = newStream()
    const appending = bench.store.append(stream, events, 'any')
    await expect(appending).rejects.toMatchObject({ name: 'AppendRefused', reason })
    expect(await readAll(bench.store, stream)).toEqual([])
  })

  test.each([
    ['empty', ''],
    ["of the server's own", '$all'],
    ['with U+0000', 'a\0b'],
    ['too long', 'x'.repeat(nameBytesMax + 1)],
  ])('refuses a stream name that is %s', async (_, stream) => {
    const appending = bench.store.append(stream, [newEvent()], 'any')
    await expect(appending).rejects.toMatchObject({ reason: 'invalid-event' })
  })

  test('takes the characters \\u0000 where they are text and not U+0000', async () => {
    const stream = newStream()
    const data = { text: '\\u0000', more: '\\\\u0000' }
    await write(bench.store, stream, [newEvent('Noted', data)])
    expect((await readAll(bench.store, stream))[0]?.data).toEqual(data)
  })
}

function sizeCases(bench: Bench) {
  test('takes exactly the largest size in one event', async () => {
    const stream = newStream()
    const events = [ofSize(appendBytesMax)]
    expect(await bench.store.append(stream, events, 'none')).toMatchObject({ status: 'appended' })
    const [event] = await readAll(bench.store, stream)
    expect(event?.data).toEqual(events[0]?.data)
  })

  test('takes exactly the largest size over many events', async () => {
    const stream = newStream()
    const events = Array.from({ length: 64 }, () => ofSize(appendBytesMax / 64))
    expect(await bench.store.append(stream, events, 'none')).toMatchObject({ revision: 63 })
    expect(await readAll(bench.store, stream)).toHaveLength(64)
  })

  test('refuses one byte more as too large and writes nothing', async () => {
    const stream = newStream()
    const half = appendBytesMax / 2
    const appending = bench.store.append(stream, [ofSize(half), ofSize(half + 1)], 'none')
    await expect(appending).rejects.toMatchObject({ name: 'AppendRefused', reason: 'too-large' })
    expect(await readAll(bench.store, stream)).toEqual([])
  })

  test(`takes ${appendEventsMax} events at once`, async () => {
    const stream = newStream()
    const result = await bench.store.append(stream, newEvents(appendEventsMax), 'none')
    expect(result).toMatchObject({ status: 'appended', revision: appendEventsMax - 1 })
  })
}

/**
 * An event whose data and metadata are together so many bytes of JSON; two-byte letters among them.
 */
function ofSize(sizeBytes: number): NewEvent {
  const empty = Buffer.byteLength(JSON.stringify({ text: 'é' }) + JSON.stringify(metadata))
  const data = { text: 'é' + 'x'.repeat(sizeBytes - empty) }
  return { id: randomUUID(), type: 'Grown', data, metadata }
}
