import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { AppendResult } from '../port.ts'
import type { WriterReport, WriterTask } from './writer-process.ts'
import { numbers, ofCategory, readAll, take, write, type Bench } from './bench.ts'
import { newCategory, newEvent, newEvents, newStream } from './events.ts'

export function concurrencyCases(bench: Bench) {
  describe('many writers', () => {
    oneStoreCases(bench)
    severalStoresCases(bench)
  })
}

const won = (results: readonly AppendResult[]) =>
  results.filter((result) => result.status === 'appended')

function oneStoreCases(bench: Bench) {
  test('of concurrent creators exactly one wins', async () => {
    const stream = newStream()
    const results = await Promise.all(
      Array.from({ length: 50 }, () => bench.store.append(stream, [newEvent()], 'none')),
    )
    expect(won(results)).toHaveLength(1)
    expect(results.filter(({ status }) => status === 'conflict')).toHaveLength(49)
    expect(await readAll(bench.store, stream)).toHaveLength(1)
  })

  test('conflicts fail their own append alone', async () => {
    const category = newCategory()
    const taken = newStream(category)
    await write(bench.store, taken, [newEvent()])
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        n % 3 === 0
          ? bench.store.append(taken, newEvents(2), 'none')
          : bench.store.append(newStream(category), newEvents(1 + (n % 2)), 'none'),
      ),
    )
    for (const [n, result] of results.entries()) {
      const expected = n % 3 === 0 ? { status: 'conflict', actual: 0 } : { status: 'appended' }
      expect(result).toMatchObject(expected)
    }
    const all = (
      await Array.fromAsync(bench.store.readAll({ filter: ofCategory(category) }))
    ).flat()
    expect(all).toHaveLength(1 + 60)
    for (const result of won(results)) {
      expect(all.some(({ position }) => position === result.position)).toBe(true)
    }
  })

  test('appends to one stream with any all succeed, each at a revision of its own', async () => {
    const stream = newStream()
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, n) => bench.store.append(stream, newEvents(1, n), 'any')),
    )
    const revisions = results.map((result) => (result.status === 'appended' ? result.revision : -1))
    expect(revisions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n))
    const events = await readAll(bench.store, stream)
    for (const [n, revision] of revisions.entries()) {
      expect(events[revision]?.data).toEqual({ n })
    }
  })

  test('appends that were sent one after the other by their revisions all succeed', async () => {
    const stream = newStream()
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        bench.store.append(stream, newEvents(1, n), n === 0 ? 'none' : n - 1),
      ),
    )
    const events = await readAll(bench.store, stream)
    expect(events).toHaveLength(won(results).length)
    expect(numbers(events)).toEqual(events.map(({ revision }) => revision))
  })

  test('a refused append beside others fails alone', async () => {
    const stream = newStream()
    const [good, bad] = await Promise.allSettled([
      bench.store.append(stream, [newEvent()], 'none'),
      bench.store.append(newStream(), [newEvent('')], 'none'),
    ])
    expect(good).toMatchObject({ status: 'fulfilled', value: { status: 'appended' } })
    expect(bad.status).toBe('rejected')
  })
}

function severalStoresCases(bench: Bench) {
  test('of creators on two stores exactly one wins, stream after stream', async () => {
    const other = bench.another()
    for (let n = 0; n < 20; n += 1) {
      const stream = newStream()
      const results = await Promise.all(
        [bench.store, other].map((store) => store.append(stream, [newEvent()], 'none')),
      )
      expect(won(results)).toHaveLength(1)
    }
  })

  test('a repeat of an append is known to another store', async () => {
    const stream = newStream()
    for (const expected of ['none', 0, 'any'] as const) {
      const events = newEvents(1)
      const first = await bench.store.append(stream, events, expected)
      expect(await bench.another().append(stream, events, expected)).toEqual(first)
    }
    expect(await readAll(bench.store, stream)).toHaveLength(3)
  })

  test('a subscription of one store gets what another writes', async () => {
    const category = newCategory()
    const options = { after: 0, filter: ofCategory(category), signal: new AbortController().signal }
    const taking = take(bench.another().subscribe(options), 10)
    for (let n = 0; n < 10; n += 1) await write(bench.store, newStream(category), newEvents(1, n))
    expect(numbers(await taking)).toHaveLength(10)
  })

  test('two processes write to one store: every event is there once, in order', async () => {
    const category = newCategory()
    const contested = Array.from({ length: 20 }, () => newStream(category))
    const task = { opener: bench.opener.href, url: bench.url, category, contested, appends: 100 }
    const options = { after: 0, filter: ofCategory(category), signal: new AbortController().signal }
    const following = take(bench.store.subscribe(options), 2 * 100 + contested.length)
    const reports = await Promise.all([runWriter(task), runWriter(task)])

    const wins = reports.map(({ created }) => created).reduce((a, b) => a + b, 0)
    expect(wins).toBe(contested.length)
    const followed = await following
    const all = (
      await Array.fromAsync(bench.store.readAll({ filter: ofCategory(category) }))
    ).flat()
    expect(followed.map(({ id }) => id)).toEqual(all.map(({ id }) => id))
    expect(all).toHaveLength(2 * 100 + contested.length)
    for (const { stream, revisions } of reports) {
      const own = all.filter((event) => event.stream === stream)
      expect(own.map(({ revision }) => revision)).toEqual(revisions)
    }
  })
}

/** Another process that does the task on a store of its own. */
async function runWriter(task: WriterTask): Promise<WriterReport> {
  const script = fileURLToPath(new URL('./writer-process.ts', import.meta.url))
  const child = fork(script, [JSON.stringify(task)], { execArgv: [] })
  try {
    const [report] = (await Promise.race([
      once(child, 'message'),
      failed(once(child, 'exit')),
    ])) as [WriterReport]
    return report
  } finally {
    if (child.exitCode === null) child.kill()
  }
}

async function failed(exit: Promise<unknown[]>): Promise<never> {
  const [code] = await exit
  throw new Error(`The writer ended with code ${String(code)}`)
}
