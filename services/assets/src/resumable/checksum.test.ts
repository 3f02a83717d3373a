import { createHash } from 'node:crypto'
import { tusChecksumAlgorithms } from '@atrium/contracts/assets/tus-http.ts'
import { expect, it } from 'vitest'
import { demandChecksum, parseChecksum } from './checksum.ts'

const pieces = [Buffer.from('hello '), Buffer.from('world')]
const digestOf = (algorithm: string) => createHash(algorithm).update('hello world').digest('base64')

it.each(tusChecksumAlgorithms)('%s fits what it is of, and nothing else', (algorithm) => {
  const checksum = parseChecksum(`${algorithm} ${digestOf(algorithm)}`)
  if (!checksum) throw new Error('it was sent')
  expect(() => demandChecksum(pieces, checksum)).not.toThrow()
  for (const others of [[], pieces.slice(1), pieces.toReversed()]) {
    expect(() => demandChecksum(others, checksum)).toThrow('checksum-mismatch')
  }
})

it('is not there where it was not sent', () => {
  expect(parseChecksum(undefined)).toBeUndefined()
})

it.each([
  '',
  'sha1',
  digestOf('sha1'),
  `crc32 ${digestOf('sha1')}`,
  `sha256 ${digestOf('sha1')}`,
  `sha1 ${digestOf('sha1').slice(2)}`,
  'sha1 !!!',
  `sha1  ${digestOf('sha1')} more`,
])('is malformed as %j', (text) => {
  expect(() => parseChecksum(text)).toThrow('malformed-request')
})
