import { Rejection } from '@atrium/platform/rejection.ts'

/** What may be uploaded; the figures come from configuration. */
export interface UploadRules {
  /** Of a picture that is uploaded to a project. */
  readonly projectImageBytesMax: number
  /** Of a picture of the library. */
  readonly imageBytesMax: number
  readonly fileBytesMax: number
}

/** What a project takes: what its documents can show. */
const projectMediaTypes: readonly string[] = [
  'image/png',
  'image/jpeg',
  'image/svg+xml',
  'image/webp',
]

/**
 * Throws Rejection `media-type-not-allowed` or `file-too-large`, naming rule and limit, for a file
 * of which so many bytes are known to come. `file` is its number in the request, from 0.
 */
export function demandAllowed(
  rules: UploadRules,
  place: { readonly projectId?: string | undefined },
  { mediaType, sizeBytes, file }: { mediaType: string; sizeBytes: number; file: number },
): void {
  const isForProject = place.projectId !== undefined
  if (isForProject && !projectMediaTypes.includes(mediaType)) {
    throw new Rejection('media-type-not-allowed', { file, mediaType, allowed: projectMediaTypes })
  }
  demandSize(rules, place, { mediaType, sizeBytes, file })
}

/** Throws Rejection `file-too-large`. A type that is not known yet has the largest limit. */
export function demandSize(
  rules: UploadRules,
  place: { readonly projectId?: string | undefined },
  { mediaType = '', sizeBytes, file }: { mediaType?: string; sizeBytes: number; file: number },
): void {
  const [rule, limit] =
    place.projectId !== undefined
      ? ['image of a project', rules.projectImageBytesMax]
      : mediaType.startsWith('image/')
        ? ['image', rules.imageBytesMax]
        : ['file', rules.fileBytesMax]
  if (sizeBytes > limit) throw new Rejection('file-too-large', { file, rule, limit })
}
