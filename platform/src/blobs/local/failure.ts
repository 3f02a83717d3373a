import { BlobStoreFull, BlobStoreUnavailable } from '../port.ts'

const fullCodes = new Set(['ENOSPC', 'EDQUOT'])

/** Of the disk, not of us: a retry or an operator mends them. */
const unavailableCodes = new Set(['EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ESTALE', 'ENODEV', 'EACCES'])

/** What an error of the file system means to who uses the port; others stay as they are. */
export function storeFailure(error: unknown): unknown {
  const code = errorCode(error)
  if (fullCodes.has(code)) return new BlobStoreFull('The disk is full', { cause: error })
  if (unavailableCodes.has(code)) {
    return new BlobStoreUnavailable(`The disk does not do it: ${code}`, { cause: error })
  }
  return error
}

export function errorCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

export const isAbsent = (error: unknown) => ['ENOENT', 'ENOTDIR'].includes(errorCode(error))

/** Undefined where the file is not there. */
export async function ifPresent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}
