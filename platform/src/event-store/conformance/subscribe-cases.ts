import { describe, expect, test } from 'vitest'
import type { EventFilter } from '../port.ts'
import { numbers, ofCategory, take, write, type Bench } from './bench.ts'
import { newCategory, newEvent, newEvents, newStream } from './events.ts'

export function subscribeCases(bench: Bench) {
  describe('subscribe', () => {
    flowCases(bench)
    endCases(bench)
  })
}

const never = () => new AbortController().signal
const count = (length: number) => Array.from({ length }, (_, n) => n)

function flowCases(bench: Bench) {
  test('gives what exists, then what is written, none missed, none twice', async () => {
    const category = newCategory()
    const stream = newStream(category)
    await write(bench.store, stream, newEvents(20))
    const filter = ofCategory(category)
    const taking = take(bench.store.subscribe({ after: 0, filter, signal: never() }), 40)
    for (let n = 20; n < 40; n += 1) await write(bench.store, stream, newEvents(1, n))
    expect(numbers(await taking)).toEqual(count(40))
  })

  test('follows streams that begin later, also on a store where nothing matched yet', async () => {
    const category = newCategory()
    const filter = ofCategory(category)
    const taking = take(bench.store.subscribe({ after: 0, filter, signal: never() }), 2)
    await write(bench.store, newStream(), [newEvent()])
    await write(bench.store, newStream(category), newEvents(1, 0))
    await write(bench.store, newStream(category), newEvents(1, 1))
    expect(numbers(await taking)).toEqual([0, 1])
  })

  test('goes on after the position that it is given', async () => {
    const category = newCategory()
    const stream = newStream(category)
    const { position } = await write(bench.store, stream, newEvents(5))
    await write(bench.store, stream, newEvents(3, 5))
    const filter = ofCategory(category)
    const taken = await take(bench.store.subscribe({ after: position, filter, signal: never() }), 3)
    expect(numbers(taken)).toEqual([5, 6, 7])
  })

  test('resumed from each event in turn gives every event once', async () => {
    const category = newCategory()
    await write(bench.store, newStream(category), newEvents(8))
    const filter = ofCategory(category)
    const seen: number[] = []
    for (let after = 0; seen.length < 8;) {
      const subscription = bench.store.subscribe({ after, filter, signal: never() })
      const [event] = await take(subscription, 1)
      if (!event) throw new Error('The subscription ended')
      seen.push(...numbers([event]))
      after = event.position
    }
    expect(seen).toEqual(count(8))
  })

  test('takes only what its filter takes', async () => {
    const category = newCategory()
    const stream = newStream(category)
    const filter: EventFilter = { ...ofCategory(category), types: ['Wanted'] }
    const taking = take(bench.store.subscribe({ after: 0, filter, signal: never() }), 3)
    for (let n = 0; n < 9; n += 1) {
      await write(bench.store, stream, [newEvent(n % 3 === 0 ? 'Wanted' : 'Unwanted', { n })])
    }
    expect(numbers(await taking)).toEqual([0, 3, 6])
  })

  test('without a filter gives the store in order of position', async () => {
    const after = await bench.store.headPosition()
    const stream = newStream()
    await write(bench.store, stream, newEvents(10))
    const taken = await take(bench.store.subscribe({ after, signal: never() }), 10)
    const positions = taken.map(({ position }) => position)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    expect(new Set(positions).size).toBe(positions.length)
  })

  test('fills no batch beyond the size that is asked for', async () => {
    const category = newCategory()
    await write(bench.store, newStream(category), newEvents(25))
    const filter = ofCategory(category)
    const sizes: number[] = []
    let seen = 0
    const subscription = { after: 0, filter, signal: never(), batchSizeMax: 10 }
    for await (const batch of bench.store.subscribe(subscription)) {
      sizes.push(batch.length)
      seen += batch.length
      if (seen >= 25) break
    }
    expect(seen).toBe(25)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10)
    expect(Math.min(...sizes)).toBeGreaterThan(0)
  })

  test('waits for a slow consumer and loses nothing', async () => {
    const category = newCategory()
    const stream = newStream(category)
    await write(bench.store, stream, newEvents(1_500))
    const subscription = {
      after: 0,
      filter: ofCategory(category),
      signal: never(),
      batchSizeMax: 50,
    }
    const seen: number[] = []
    for await (const batch of bench.store.subscribe(subscription)) {
      if (seen.length === 0) await write(bench.store, stream, newEvents(500, 1_500))
      seen.push(...numbers(batch))
      if (seen.length >= 2_000) break
    }
    expect(seen).toEqual(count(2_000))
  })

  test('several subscriptions each get everything', async () => {
    const category = newCategory()
    const filter = ofCategory(category)
    const taking = Array.from({ length: 5 }, () =>
      take(bench.store.subscribe({ after: 0, filter, signal: never() }), 30),
    )
    for (let n = 0; n < 30; n += 1) await write(bench.store, newStream(category), newEvents(1, n))
    for (const taken of await Promise.all(taking)) expect(numbers(taken)).toEqual(count(30))
  })
}

function endCases(bench: Bench) {
  test('ends when it is aborted while it waits', async () => {
    const ending = new AbortController()
    const category = newCategory()
    await write(bench.store, newStream(category), newEvents(1))
    const subscription = { after: 0, filter: ofCategory(category), signal: ending.signal }
    const seen: number[] = []
    for await (const batch of bench.store.subscribe(subscription)) {
      seen.push(...numbers(batch))
      setImmediate(() => ending.abort())
    }
    expect(seen).toEqual([0])
  })

  test('gives nothing when it is aborted before it begins', async () => {
    const category = newCategory()
    await write(bench.store, newStream(category), newEvents(1))
    const options = { after: 0, filter: ofCategory(category), signal: AbortSignal.abort() }
    expect(await Array.fromAsync(bench.store.subscribe(options))).toEqual([])
  })

  test('gives nothing more when it is aborted while its consumer works', async () => {
    const category = newCategory()
    await write(bench.store, newStream(category), newEvents(30))
    const ending = new AbortController()
    const options = {
      after: 0,
      filter: ofCategory(category),
      signal: ending.signal,
      batchSizeMax: 10,
    }
    let batches = 0
    for await (const batch of bench.store.subscribe(options)) {
      batches += batch.length > 0 ? 1 : 0
      ending.abort()
    }
    expect(batches).toBe(1)
  })

  test('may be left by its consumer', async () => {
    const category = newCategory()
    await write(bench.store, newStream(category), newEvents(3))
    const options = { after: 0, filter: ofCategory(category), signal: never() }
    for await (const batch of bench.store.subscribe(options)) {
      expect(batch.length).toBeGreaterThan(0)
      break
    }
    await write(bench.store, newStream(category), newEvents(1, 3))
    expect(numbers(await take(bench.store.subscribe(options), 4))).toEqual([0, 1, 2, 3])
  })
}
