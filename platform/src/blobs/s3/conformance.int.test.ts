import { afterAll, describe } from 'vitest'
import { describeBlobStore } from '../conformance.ts'
import { findRealS3, startS3Double } from '../../testkit/s3-server.ts'
import { partBytes } from './stage-state.ts'

const opener = new URL('./conformance-opener.ts', import.meta.url)
const boundaries = [partBytes - 1, partBytes, 2 * partBytes + 1]

const double = await startS3Double()
afterAll(() => double.close())
describeBlobStore('A bucket of fauxqs', {
  opener,
  place: () => JSON.stringify(double.options),
  boundaries,
  manyEntries: 1_010,
})

const { options, leftOut = '' } = findRealS3()
if (leftOut) console.warn(`S3: the real server was left out: ${leftOut}.`)
describe.skipIf(leftOut)(`A real S3 server${leftOut && `, left out: ${leftOut}`}`, () => {
  describeBlobStore('A bucket of it', {
    opener,
    place: () => JSON.stringify(options),
    boundaries,
    manyEntries: 1_010,
  })
})
