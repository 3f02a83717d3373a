import { describe } from 'vitest'
import { appendCases } from './conformance/append-cases.ts'
import { createBench, type Subject } from './conformance/bench.ts'
import { concurrencyCases } from './conformance/concurrency-cases.ts'
import { readCases } from './conformance/read-cases.ts'
import { subscribeCases } from './conformance/subscribe-cases.ts'

/**
 * What every event store does. The store may hold other streams, and others may write to it
 * meanwhile: each case names streams of its own.
 */
export function describeEventStore(name: string, subject: Subject) {
  describe(`${name} as an event store`, () => {
    const bench = createBench(subject)
    appendCases(bench)
    readCases(bench)
    subscribeCases(bench)
    concurrencyCases(bench)
  })
}
