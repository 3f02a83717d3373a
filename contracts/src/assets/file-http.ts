import { Type, type Static } from 'typebox'
import { binary, defineRoute } from '../route.ts'
import {
  AssetId,
  InstanceId,
  page,
  PageQuery,
  Sha256,
  Timestamp,
  UserId,
  Version,
} from '../schema.ts'
import { FileAccess } from './file-events.ts'
import { VariantQuery } from './variant.ts'

const context = 'assets'
const closed = { additionalProperties: false } as const

/** Of one file. */
export const fileBytesMax = 5 * 1024 ** 3

/** How many names deep a folder can be listed at once. */
export const listDepthMax = 16

const Metadata = Type.Record(
  Type.String({ pattern: '^[a-z0-9_-]{1,64}$' }),
  Type.String({ maxLength: 1_000 }),
  {
    maxProperties: 32,
    additionalProperties: false,
    description:
      'Notes of the caller’s own, up to 1,000 characters each: names of small letters, digits, ' +
      '`_` and `-`.',
  },
)

export const FileEntry = Type.Object({
  path: Type.String({ description: 'From the top of the instance.' }),
  kind: Type.Union([Type.Literal('file'), Type.Literal('folder')]),
  mediaType: Type.Optional(Type.String({ description: 'Of a file, as its bytes tell it.' })),
  sizeBytes: Type.Optional(Type.Integer()),
  sha256: Type.Optional(Sha256),
  assetId: Type.Optional({
    ...AssetId,
    description: 'Of a file: by it a project names it, and a link leads to it. Of each content.',
  }),
  isPublic: Type.Boolean({ description: 'Every user of the tenant may read it and all below.' }),
  metadata: Metadata,
  version: Version,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type FileEntry = Static<typeof FileEntry>

/** What a write leaves, without what only a list tells. */
export const WrittenEntry = Type.Pick(FileEntry, [
  'path',
  'kind',
  'mediaType',
  'sizeBytes',
  'sha256',
  'assetId',
  'version',
])
export type WrittenEntry = Static<typeof WrittenEntry>

export const FileShare = Type.Object({
  userId: UserId,
  access: FileAccess,
  expiresAt: Type.Optional(Timestamp),
})
export type FileShare = Static<typeof FileShare>

export const SharedFile = Type.Object({
  instanceId: InstanceId,
  ownerId: UserId,
  ...Type.Pick(FileEntry, ['path', 'kind', 'mediaType', 'sizeBytes']).properties,
  access: FileAccess,
  sharedAt: Timestamp,
  expiresAt: Type.Optional(Timestamp),
})
export type SharedFile = Static<typeof SharedFile>

const Params = Type.Object({ instanceId: Type.String({ maxLength: 128 }) })
const PathParams = Type.Object({
  instanceId: Type.String({ maxLength: 128 }),
  path: Type.String({
    description:
      'Names between slashes, in any Unicode form; no empty one, none of dots alone, none with a ' +
      'control character, a backslash or an escape of its own.',
  }),
})
const Path = Type.String({ maxLength: 4_096, description: 'From the top of the instance.' })

const place = '/v1/instances/:instanceId/files/*path'

const ListQuery = {
  ...PageQuery,
  depth: Type.Optional(Type.Integer({ minimum: 1, maximum: listDepthMax, default: 1 })),
}

export const listFiles = defineRoute({
  id: 'listFiles',
  context,
  method: 'GET',
  path: '/v1/instances/:instanceId/files',
  summary: 'What lies at the top of an instance, as of a folder',
  permission: 'user',
  rateClass: 'read',
  params: Params,
  query: Type.Object(ListQuery, closed),
  responses: { 200: page(FileEntry) },
  problems: ['not-found'],
})

export const readFile = defineRoute({
  id: 'readFile',
  context,
  method: 'GET',
  path: place,
  summary: 'The bytes of a file, or what a folder holds',
  description:
    'A folder, which a slash may follow, is JSON, `{ items, nextCursor }`, sorted by the bytes ' +
    'of its names, and with `depth` each folder before what it holds. A file is ' +
    'answered by ranges and entity tags; of a picture another is made by the same parameters ' +
    'as of an asset.',
  permission: 'user',
  rateClass: 'read',
  params: PathParams,
  query: Type.Object(
    {
      ...ListQuery,
      ...VariantQuery,
      download: Type.Optional(
        Type.Boolean({ description: 'As a file to be saved, also where it is an image.' }),
      ),
    },
    closed,
  ),
  answers: 'stream',
  responses: { 200: binary('*/*', 'application/json'), 206: binary('*/*'), 304: null },
  problems: [
    'not-found',
    'precondition-failed',
    'media-type-not-allowed',
    'range-not-satisfiable',
    'validation-failed',
    'image-invalid',
  ],
})

export const writeFile = defineRoute({
  id: 'writeFile',
  context,
  method: 'PUT',
  path: place,
  summary: 'Write a file, and the folders that are missing above it',
  description:
    'The body is the file. With `If-None-Match: *` it is only written where nothing is yet; with ' +
    '`If-Match` and a version only over that one.',
  permission: 'user',
  rateClass: 'upload',
  ifMatch: 'optional',
  bodyKind: 'stream',
  bodyBytesMax: fileBytesMax,
  params: PathParams,
  requestHeaders: { 'If-None-Match': '`*`: only where there is nothing yet.' },
  responses: { 200: WrittenEntry, 201: WrittenEntry },
  problems: [
    'not-found',
    'permission-denied',
    'version-conflict',
    'file-conflict',
    'body-too-large',
    'validation-failed',
    'quota-exceeded',
    'file-too-large',
    'image-invalid',
    'image-too-many-pixels',
    'svg-active',
    'upload-expired',
    'insufficient-storage',
  ],
})

export const describeFile = defineRoute({
  id: 'describeFile',
  context,
  method: 'PATCH',
  path: place,
  summary: 'Note something of a file or folder, or let everybody read it',
  permission: 'user',
  rateClass: 'write',
  ifMatch: 'optional',
  params: PathParams,
  body: Type.Object(
    { metadata: Type.Optional(Metadata), isPublic: Type.Optional(Type.Boolean()) },
    { ...closed, minProperties: 1 },
  ),
  responses: { 200: WrittenEntry },
  problems: ['not-found', 'permission-denied', 'version-conflict', 'validation-failed'],
})

export const deleteFile = defineRoute({
  id: 'deleteFile',
  context,
  method: 'DELETE',
  path: place,
  summary: 'Delete a file, or a folder with all below it',
  permission: 'user',
  rateClass: 'write',
  ifMatch: 'optional',
  params: PathParams,
  responses: { 204: null },
  problems: ['not-found', 'permission-denied', 'version-conflict', 'validation-failed'],
})

export const createFolder = defineRoute({
  id: 'createFolder',
  context,
  method: 'POST',
  path: '/v1/instances/:instanceId/files-folders',
  summary: 'Create a folder, and those that are missing above it',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  params: Params,
  body: Type.Object({ path: Path }, closed),
  responses: { 201: WrittenEntry },
  problems: [
    'not-found',
    'permission-denied',
    'file-conflict',
    'validation-failed',
    'quota-exceeded',
  ],
})

const FromTo = Type.Object({ from: Path, to: Path }, closed)

export const moveFile = defineRoute({
  id: 'moveFile',
  context,
  method: 'POST',
  path: '/v1/instances/:instanceId/files-move',
  summary: 'Move a file, or a folder with all below it, in one instant',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  params: Params,
  body: FromTo,
  responses: { 200: WrittenEntry },
  problems: [
    'not-found',
    'permission-denied',
    'file-conflict',
    'validation-failed',
    'quota-exceeded',
  ],
})

/** Entries of one copy: each file of it is a command of its own for the storage. */
export const copyEntriesMax = 2_000

export const copyFile = defineRoute({
  id: 'copyFile',
  context,
  method: 'POST',
  path: '/v1/instances/:instanceId/files-copy',
  summary: 'Copy a file, or a folder with all below it',
  description:
    `The copy is there in one instant, when all of it is made. At most ${copyEntriesMax} ` +
    'entries. Shares, and what was noted of them, are not copied.',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  params: Params,
  body: FromTo,
  responses: { 201: WrittenEntry },
  problems: [
    'not-found',
    'permission-denied',
    'file-conflict',
    'validation-failed',
    'quota-exceeded',
  ],
})

export const shareFile = defineRoute({
  id: 'shareFile',
  context,
  method: 'POST',
  path: '/v1/instances/:instanceId/files-shares',
  summary: 'Let a user read, or write as well, what is there and below',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  params: Params,
  body: Type.Object({ path: Path, ...FileShare.properties }, closed),
  responses: { 201: FileShare },
  problems: ['not-found', 'permission-denied', 'validation-failed', 'quota-exceeded'],
})

export const listFileShares = defineRoute({
  id: 'listFileShares',
  context,
  method: 'GET',
  path: '/v1/instances/:instanceId/files-shares',
  summary: 'With whom a file or folder is shared',
  permission: 'user',
  rateClass: 'read',
  params: Params,
  query: Type.Object({ path: Path }, closed),
  responses: { 200: page(FileShare) },
  problems: ['not-found', 'permission-denied', 'validation-failed'],
})

export const unshareFile = defineRoute({
  id: 'unshareFile',
  context,
  method: 'DELETE',
  path: '/v1/instances/:instanceId/files-shares',
  summary: 'Take a share back',
  permission: 'user',
  rateClass: 'write',
  params: Params,
  query: Type.Object({ path: Path, userId: UserId }, closed),
  responses: { 204: null },
  problems: ['not-found', 'permission-denied', 'validation-failed'],
})

export const listSharedFiles = defineRoute({
  id: 'listSharedFiles',
  context,
  method: 'GET',
  path: '/v1/files-shared',
  summary: 'What others share with the caller, the newest share first',
  description: 'Each is read at its path in its instance, and a folder with all that is below.',
  permission: 'user',
  rateClass: 'read',
  query: Type.Object(PageQuery, closed),
  responses: { 200: page(SharedFile) },
  problems: [],
})

export const fileRoutes = [
  listFiles,
  readFile,
  writeFile,
  describeFile,
  deleteFile,
  createFolder,
  moveFile,
  copyFile,
  shareFile,
  listFileShares,
  unshareFile,
  listSharedFiles,
] as const
