import { uploadMetadataLengthMax } from '@atrium/contracts/assets/tus-http.ts'
import { malformedHeader } from '@atrium/platform/http/request-headers.ts'
import { invalid } from '@atrium/platform/rejection.ts'

/** What an upload says of itself. Other names are the client's own. */
export interface UploadMetadata {
  readonly instanceId: string
  readonly projectId?: string
  /** As it was sent: a name for people, which leads nowhere. */
  readonly filename?: string
}

const field = 'upload-metadata'
const pairsMax = 32
/** ASCII without spaces and commas, as tus has it. */
const namePattern = /^[\x21-\x2b\x2d-\x7e]{1,128}$/
const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * The pairs of `Upload-Metadata`. Throws Rejection `malformed-request` for a field that is not as
 * tus has it, `validation-failed` where the instance is missing.
 */
export function parseMetadata(text: string | undefined): UploadMetadata {
  if ((text ?? '').length > uploadMetadataLengthMax) {
    throw malformedHeader(field, `is longer than ${uploadMetadataLengthMax} characters`)
  }
  const pairs = pairsOf(text ?? '')
  const instanceId = pairs.get('instanceId')
  if (instanceId === undefined) {
    const detail = 'instanceId is missing'
    throw invalid({ pointer: `/headers/${field}`, code: 'required', detail })
  }
  const [projectId, filename] = [pairs.get('projectId'), pairs.get('filename')]
  return {
    instanceId,
    ...(projectId === undefined ? {} : { projectId }),
    ...(filename === undefined ? {} : { filename }),
  }
}

function pairsOf(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  if (text.trim() === '') return pairs
  for (const pair of text.split(',')) {
    const [name = '', value = '', ...more] = pair.trim().split(' ')
    if (!namePattern.test(name)) throw malformedHeader(field, 'a name is missing or not ASCII')
    if (more.length > 0) throw malformedHeader(field, 'a pair has more than a name and a value')
    if (pairs.has(name)) throw malformedHeader(field, 'a name stands twice')
    if (pairs.size >= pairsMax) throw malformedHeader(field, `more than ${pairsMax} pairs`)
    pairs.set(name, decoded(value))
  }
  return pairs
}

/** Padded or not; what is lax in other ways could be read in two. */
function decoded(value: string): string {
  const bytes = Buffer.from(value, 'base64')
  const bare = value.replace(/=+$/, '')
  const isExact = bytes.toString('base64').replace(/=+$/, '') === bare
  if (!base64Pattern.test(value) || !isExact) throw malformedHeader(field, 'a value is no base64')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformedHeader(field, 'a value is no text in UTF-8')
  }
}
