import { Type } from 'typebox'
import { defineRoute } from '../route.ts'
import { fileBytesMax } from './file-http.ts'

// Uploads that go on after they broke off, by tus 1.0 (https://tus.io/protocols/resumable-upload):
// the core, and the extensions that `tusExtensions` names.

const context = 'assets'

export const tusVersion = '1.0.0'
export const tusExtensions = [
  'creation',
  'creation-with-upload',
  'termination',
  'checksum',
  'expiration',
] as const

/** In the order in which a client should prefer them. */
export const tusChecksumAlgorithms = ['sha256', 'sha1', 'md5'] as const
export type TusChecksumAlgorithm = (typeof tusChecksumAlgorithms)[number]

/** Of a piece that comes with its checksum: it waits in memory until that was compared. */
export const checkedPieceBytesMax = 4 * 1024 ** 2

/** Characters of `Upload-Metadata`, which is told again by every HEAD. */
export const uploadMetadataLengthMax = 4_096

export const tusMediaType = 'application/offset+octet-stream'

// Any text, so that an id of another form is 404 like one that names nothing.
const UploadParams = Type.Object({ uploadId: Type.String({ maxLength: 128 }) })

const fixedHeaders = { 'tus-resumable': tusVersion } as const

const asked = { 'Tus-Resumable': `\`${tusVersion}\`; with another version, or without, 412.` }
const askedOfPiece = {
  'Upload-Checksum':
    'Of this piece: the name of an algorithm, a space, the checksum in base64. It counts only ' +
    `where that fits, and has at most ${checkedPieceBytesMax} bytes.`,
}
const told = { 'Tus-Resumable': `\`${tusVersion}\`.` }
const toldOfProgress = {
  ...told,
  'Upload-Offset': 'How many bytes are kept: where the next piece starts.',
  'Upload-Expires': 'By when all of it has to be here; not said any more when it is.',
}

/** What may be wrong with bytes, whenever they come. */
const refusalsOfContent = [
  'not-found',
  'tus-version-not-supported',
  'media-type-not-supported',
  'quota-exceeded',
  'file-too-large',
  'media-type-not-allowed',
  'image-invalid',
  'image-too-many-pixels',
  'svg-active',
  'upload-ended',
  'upload-expired',
  'upload-locked',
  'upload-offset-mismatch',
  'checksum-mismatch',
  'insufficient-storage',
] as const

export const describeUploads = defineRoute({
  id: 'describeUploads',
  context,
  method: 'OPTIONS',
  path: '/v1/assets/uploads',
  summary: 'What is spoken of tus',
  permission: 'anyone',
  rateClass: 'read',
  fixedHeaders,
  responses: { 204: null },
  responseHeaders: {
    ...told,
    'Tus-Version': 'The versions that are spoken.',
    'Tus-Extension': 'The extensions that are spoken.',
    'Tus-Max-Size': 'Bytes of an upload, at most.',
    'Tus-Checksum-Algorithm': 'The algorithms of `Upload-Checksum`.',
  },
  problems: [],
})

export const createUpload = defineRoute({
  id: 'createUpload',
  context,
  method: 'POST',
  path: '/v1/assets/uploads',
  summary: 'Begin an upload that can go on after it broke off (tus 1.0)',
  description:
    'Room for all of it is reserved until it ends. The id that `Location` ends in is that of ' +
    'the asset to be. The first piece may come along as the body. `X-HTTP-Method-Override` is ' +
    'not read: a PATCH is sent as one.',
  permission: 'user',
  rateClass: 'upload',
  bodyKind: 'stream',
  bodyIsOptional: true,
  bodyMediaTypes: [tusMediaType],
  bodyBytesMax: fileBytesMax,
  requestHeaders: {
    ...asked,
    'Upload-Length': 'Bytes of the whole file.',
    'Upload-Metadata':
      'Pairs of a name and a value in base64, separated by commas: `instanceId`, and where they ' +
      'are wanted `projectId` and `filename`. Others are kept and told again.',
    ...askedOfPiece,
  },
  fixedHeaders,
  responses: { 201: null },
  responseHeaders: { ...toldOfProgress, Location: 'Where the upload is.' },
  problems: [...refusalsOfContent, 'validation-failed'],
})

export const getUploadOffset = defineRoute({
  id: 'getUploadOffset',
  context,
  method: 'HEAD',
  path: '/v1/assets/uploads/:uploadId',
  summary: 'How far an upload has come',
  description: 'When all of it is told to be here, the asset of the same id is there.',
  permission: 'user',
  rateClass: 'read',
  params: UploadParams,
  requestHeaders: asked,
  fixedHeaders,
  responses: { 200: null },
  responseHeaders: {
    ...toldOfProgress,
    'Upload-Length': 'Bytes of the whole file.',
    'Upload-Metadata': 'As it was sent.',
  },
  problems: [...refusalsOfContent],
})

export const sendUploadPiece = defineRoute({
  id: 'sendUploadPiece',
  context,
  method: 'PATCH',
  path: '/v1/assets/uploads/:uploadId',
  summary: 'Send the next bytes of an upload',
  description:
    'What arrives is kept, also where the connection breaks. The answer to the last piece comes ' +
    'when the asset is there. What the first bytes show to be not allowed ends the upload.',
  permission: 'user',
  rateClass: 'upload-piece',
  bodyKind: 'stream',
  bodyMediaTypes: [tusMediaType],
  bodyBytesMax: fileBytesMax,
  params: UploadParams,
  requestHeaders: {
    ...asked,
    'Upload-Offset': 'Where the piece starts: where the upload has come to.',
    ...askedOfPiece,
  },
  fixedHeaders,
  responses: { 204: null },
  responseHeaders: toldOfProgress,
  problems: [...refusalsOfContent],
})

export const terminateUpload = defineRoute({
  id: 'terminateUpload',
  context,
  method: 'DELETE',
  path: '/v1/assets/uploads/:uploadId',
  summary: 'Give an unfinished upload up',
  description: 'One that is finished is 410: its asset is deleted as an asset.',
  permission: 'user',
  rateClass: 'write',
  params: UploadParams,
  requestHeaders: asked,
  fixedHeaders,
  responses: { 204: null },
  responseHeaders: told,
  problems: ['tus-version-not-supported', 'upload-ended', 'upload-expired', 'upload-locked'],
})

export const tusRoutes = [
  describeUploads,
  createUpload,
  getUploadOffset,
  sendUploadPiece,
  terminateUpload,
] as const
