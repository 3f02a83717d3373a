import { BlobMissing, BlobStoreFull, BlobStoreUnavailable } from '../port.ts'

const absentCodes = new Set(['NoSuchKey', 'NotFound'])
const fullCodes = new Set(['XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded', 'QuotaExceeded'])

/** A later attempt may succeed. The client tells statuses like 503 and 429 by the message alone. */
const passingCodes = new Set([
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'SlowDownRead',
  'SlowDownWrite',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
])
const passingMessages = /Retryable HTTP status|socket hang up|did not answer in time/

/** The store cannot be used as it is configured: an operator mends it, and callers wait. */
const configurationCodes = new Set([
  'AccessDenied',
  'ENOTFOUND',
  'InvalidAccessKeyId',
  'NoSuchBucket',
  'SignatureDoesNotMatch',
])

export const isAbsent = (error: unknown) => absentCodes.has(codeOf(error))

/** The upload was completed or aborted before. */
export const isUploadGone = (error: unknown) => codeOf(error) === 'NoSuchUpload'

export const isRangeUnsatisfiable = (error: unknown) => codeOf(error) === 'InvalidRange'

export function isPassing(error: unknown): boolean {
  if (passingCodes.has(codeOf(error))) return true
  if (!(error instanceof Error)) return false
  // An error inside an answer that began well, as a completion can have, comes without its code.
  if (error.name === 'S3Error' && codeOf(error) === '') return true
  return passingMessages.test(error.message)
}

/** What an error of the client means to who uses the port; others stay as they are. */
export function storeFailure(error: unknown): unknown {
  if (error instanceof BlobMissing) return error
  const code = codeOf(error)
  if (fullCodes.has(code)) return new BlobStoreFull('The bucket is full', { cause: error })
  if (isPassing(error) || configurationCodes.has(code)) {
    return new BlobStoreUnavailable(`The S3 server does not do it: ${code || 'no answer'}`, {
      cause: error,
    })
  }
  return error
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
