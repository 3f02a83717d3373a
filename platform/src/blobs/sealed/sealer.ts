import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { BlobDamaged, type BlobKey } from '../port.ts'
import type { DataKey } from './data-keys.ts'

/** What a piece is, so that none can be put in another's place. */
export type PieceKind = 'frame' | 'index' | 'tail'

/** Seals the pieces of one blob. A piece opens only as what it is, where it is, in this blob. */
export interface Sealer {
  /** What sealing adds to a piece. */
  readonly overheadBytes: number
  seal(kind: PieceKind, number: number, piece: Buffer): Buffer
  /** Throws BlobDamaged. */
  open(kind: PieceKind, number: number, sealed: Buffer): Buffer
}

const nonceBytes = 12
const tagBytes = 16
const keyBytes = 32

/**
 * AES-256-GCM by a key of this blob alone, derived from the tenant's and the blob's random id. Each
 * piece has a random nonce: one that is written again after a crash never shares it.
 */
export function createEncryptingSealer(dataKey: DataKey, key: BlobKey, blobId: Buffer): Sealer {
  const derived = hkdfSync('sha256', dataKey.key, blobId, `atrium blob ${key}`, keyBytes)
  const secret = Buffer.from(derived)
  return {
    overheadBytes: nonceBytes + tagBytes,
    seal(kind, number, piece) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(placeOf(kind, number))
      const sealed = [cipher.update(piece), cipher.final()]
      return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()])
    },
    open(kind, number, sealed) {
      if (sealed.length < nonceBytes + tagBytes) throw new BlobDamaged(`${key} is cut off`)
      const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, nonceBytes))
      decipher.setAAD(placeOf(kind, number)).setAuthTag(sealed.subarray(-tagBytes))
      try {
        const piece = decipher.update(sealed.subarray(nonceBytes, -tagBytes))
        decipher.final()
        return piece
      } catch (error) {
        throw new BlobDamaged(`${key} was changed`, { cause: error })
      }
    },
  }
}

const checksumBytes = 4

/** Hides nothing; finds what a disk has changed, not what somebody changed on purpose. */
export function createChecksumSealer(key: BlobKey, blobId: Buffer): Sealer {
  const checksumOf = (kind: PieceKind, number: number, piece: Buffer) => {
    const checksum = Buffer.alloc(checksumBytes)
    checksum.writeUInt32BE(crc32(piece, crc32(placeOf(kind, number), crc32(blobId))))
    return checksum
  }
  return {
    overheadBytes: checksumBytes,
    seal: (kind, number, piece) => Buffer.concat([checksumOf(kind, number, piece), piece]),
    open(kind, number, sealed) {
      const piece = sealed.subarray(checksumBytes)
      const isWhole = checksumOf(kind, number, piece).equals(sealed.subarray(0, checksumBytes))
      if (!isWhole) throw new BlobDamaged(`${key} was changed`)
      return piece
    },
  }
}

const placeOf = (kind: PieceKind, number: number) => Buffer.from(`${kind} ${number}`)
