import { describe } from 'vitest'
import { createBench, type Subject } from './conformance/bench.ts'
import { listCases } from './conformance/list-cases.ts'
import { readCases } from './conformance/read-cases.ts'
import { resumeCases } from './conformance/resume-cases.ts'
import { writeCases } from './conformance/write-cases.ts'

/** What every blob store does. The store may hold other blobs: each case names keys of its own. */
export function describeBlobStore(name: string, subject: Subject) {
  describe(`${name} as a blob store`, () => {
    const bench = createBench(subject)
    writeCases(bench)
    readCases(bench)
    listCases(bench)
    resumeCases(bench)
  })
}
