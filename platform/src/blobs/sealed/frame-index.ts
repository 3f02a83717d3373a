import { BlobDamaged, type BlobKey, type BlobStore } from '../port.ts'
import type { DataKeys } from './data-keys.ts'
import { createChecksumSealer, createEncryptingSealer, type Sealer } from './sealer.ts'

/**
 * What stands at the end of a stored blob, behind its frames: the sealed index, which tells how
 * large each frame is, and the foot, which tells how to open it. The index is read before anything
 * else, so that a blob that is cut off is noticed whatever range is asked for.
 */
export interface FrameIndex {
  readonly sizeBytes: number
  /** Of each frame as it is stored. */
  readonly storedBytes: Uint32Array
  readonly sealer: Sealer
}

/** How the pieces of a blob are sealed. */
export interface Seal {
  /** Of the key that it is encrypted with; absent where it is not. */
  readonly dataKeyId?: string
  /** 32 hexadecimal digits. */
  readonly blobId: string
}

const magic = Buffer.from('ATRBLOB1')
const idBytes = 16
/** Magic, whether it is encrypted, two ids, the length of the index. */
const footBytes = magic.length + 1 + 2 * idBytes + 4
const sizeFieldBytes = 8
const noKey = '0'.repeat(2 * idBytes)

/** As much as an index of 1 GiB: most blobs are opened by one read. */
const endBytes = 64 * 1024

export async function sealerFor(keys: DataKeys | undefined, key: BlobKey, seal: Seal) {
  const { dataKeyId } = seal
  const blobId = Buffer.from(seal.blobId, 'hex')
  if (dataKeyId === undefined) return createChecksumSealer(key, blobId)
  if (!keys) throw new BlobDamaged(`${key} is encrypted, and no master key is configured`)
  const dataKey = await keys.byId(tenantOf(key), dataKeyId)
  return createEncryptingSealer(dataKey, key, blobId)
}

export const tenantOf = (key: BlobKey) => key.split('/')[0] ?? ''

/** The end of a stored blob. */
export function packIndex(sealer: Sealer, seal: Seal, index: Omit<FrameIndex, 'sealer'>): Buffer {
  const { storedBytes } = index
  const body = Buffer.alloc(sizeFieldBytes + 4 * storedBytes.length)
  body.writeBigUInt64BE(BigInt(index.sizeBytes))
  storedBytes.forEach((length, n) => body.writeUInt32BE(length, sizeFieldBytes + 4 * n))
  const sealed = sealer.seal('index', storedBytes.length, body)

  const foot = Buffer.alloc(footBytes)
  let at = magic.copy(foot)
  at = foot.writeUInt8(seal.dataKeyId === undefined ? 0 : 1, at)
  at += Buffer.from(seal.blobId, 'hex').copy(foot, at)
  at += Buffer.from(seal.dataKeyId ?? noKey, 'hex').copy(foot, at)
  foot.writeUInt32BE(sealed.length, at)
  return Buffer.concat([sealed, foot])
}

/** Reads the end of a stored blob. Throws BlobMissing, BlobDamaged. */
export async function readIndex(
  inner: BlobStore,
  innerKey: BlobKey,
  key: BlobKey,
  keys: DataKeys | undefined,
): Promise<FrameIndex> {
  const { sizeBytes: innerBytes } = await inner.head(innerKey)
  const endOf = async (length: number) => {
    const { stream } = await inner.read(innerKey, { range: { start: innerBytes - length } })
    return Buffer.concat((await stream.toArray()) as Buffer[])
  }
  let end = await endOf(Math.min(innerBytes, endBytes))
  const { seal, indexBytes } = footOf(end, key)
  if (indexBytes + footBytes > innerBytes) throw new BlobDamaged(`${key} is cut off`)
  if (indexBytes + footBytes > end.length) end = await endOf(indexBytes + footBytes)

  const sealer = await sealerFor(keys, key, seal)
  const frames = framesIn(indexBytes, sealer)
  const body = sealer.open('index', frames, end.subarray(-indexBytes - footBytes, -footBytes))
  const storedBytes = Uint32Array.from({ length: frames }, (_none, n) =>
    body.readUInt32BE(sizeFieldBytes + 4 * n),
  )
  const all = storedBytes.reduce((sum, length) => sum + length, 0)
  if (all + indexBytes + footBytes !== innerBytes) throw new BlobDamaged(`${key} is cut off`)
  return { sizeBytes: Number(body.readBigUInt64BE()), storedBytes, sealer }
}

function framesIn(indexBytes: number, { overheadBytes }: Sealer) {
  const frames = (indexBytes - overheadBytes - sizeFieldBytes) / 4
  if (!Number.isInteger(frames) || frames < 0) throw new BlobDamaged('An index was changed')
  return frames
}

function footOf(end: Buffer, key: BlobKey): { readonly seal: Seal; readonly indexBytes: number } {
  const foot = end.subarray(-footBytes)
  if (foot.length < footBytes || !foot.subarray(0, magic.length).equals(magic)) {
    throw new BlobDamaged(`${key} is cut off`)
  }
  const isEncrypted = foot[magic.length] !== 0
  const ids = foot.subarray(magic.length + 1)
  const dataKeyId = ids.subarray(idBytes, 2 * idBytes).toString('hex')
  if (!isEncrypted && dataKeyId !== noKey) throw new BlobDamaged(`${key} was changed`)
  return {
    seal: {
      blobId: ids.subarray(0, idBytes).toString('hex'),
      ...(isEncrypted ? { dataKeyId } : {}),
    },
    indexBytes: foot.readUInt32BE(footBytes - 4),
  }
}
