import { createHash } from 'node:crypto'
import {
  tusChecksumAlgorithms,
  type TusChecksumAlgorithm,
} from '@atrium/contracts/assets/tus-http.ts'
import { malformedHeader } from '@atrium/platform/http/request-headers.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

/** What a piece should come to. */
export interface Checksum {
  readonly algorithm: TusChecksumAlgorithm
  readonly digest: Buffer
}

const field = 'upload-checksum'
const digestBytes: Readonly<Record<TusChecksumAlgorithm, number>> = {
  sha256: 32,
  sha1: 20,
  md5: 16,
}

/**
 * `Upload-Checksum`, where it was sent. Throws Rejection `malformed-request`, which tus wants as
 * 400 for an algorithm that is not spoken as well.
 */
export function parseChecksum(text: string | undefined): Checksum | undefined {
  if (text === undefined) return undefined
  const [, name = '', value = ''] = /^([^ ]+) ([A-Za-z0-9+/]+={0,2})$/.exec(text.trim()) ?? []
  const algorithm = tusChecksumAlgorithms.find((known) => known === name.toLowerCase())
  if (!algorithm) throw malformedHeader(field, `is none of ${tusChecksumAlgorithms.join(', ')}`)
  const digest = Buffer.from(value, 'base64')
  if (digest.length !== digestBytes[algorithm]) {
    throw malformedHeader(field, `is no ${algorithm} in base64`)
  }
  return { algorithm, digest }
}

/** Throws Rejection `checksum-mismatch`. */
export function demandChecksum(bytes: readonly Uint8Array[], expected: Checksum): void {
  const hash = createHash(expected.algorithm)
  for (const chunk of bytes) hash.update(chunk)
  if (!hash.digest().equals(expected.digest)) throw new Rejection('checksum-mismatch')
}
