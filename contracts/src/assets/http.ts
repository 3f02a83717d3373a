import { Type, type Static } from 'typebox'
import { binary, defineRoute } from '../route.ts'
import {
  AssetId,
  InstanceId,
  LinkId,
  page,
  PageQuery,
  ProjectId,
  Sha256,
  Timestamp,
} from '../schema.ts'
import { fileRoutes } from './file-http.ts'
import { tusRoutes } from './tus-http.ts'
import { VariantQuery } from './variant.ts'

const context = 'assets'
const closed = { additionalProperties: false } as const

export const Asset = Type.Object({
  id: AssetId,
  instanceId: InstanceId,
  name: Type.String(),
  mediaType: Type.String({ description: 'As the bytes tell it, whatever the name says.' }),
  sizeBytes: Type.Integer(),
  sha256: Sha256,
  width: Type.Optional(Type.Integer({ description: 'Of an image, in pixels.' })),
  height: Type.Optional(Type.Integer({ description: 'Of an image, in pixels.' })),
  createdAt: Timestamp,
})
export type Asset = Static<typeof Asset>

export const Link = Type.Object({
  id: LinkId,
  assetId: AssetId,
  url: Type.String({ description: 'Below the address of this API. Works without a token.' }),
  downloads: Type.Integer(),
  downloadsMax: Type.Union([Type.Integer(), Type.Null()]),
  createdAt: Timestamp,
  expiresAt: Timestamp,
})
export type Link = Static<typeof Link>

const Amount = Type.Object({ bytes: Type.Integer(), files: Type.Integer() })

export const AssetUsage = Type.Object({
  bytes: Type.Integer({ description: 'Each asset counts its size, also where bytes are shared.' }),
  files: Type.Integer(),
  limits: Type.Object({ bytes: Type.Integer(), images: Type.Integer() }),
  trash: Type.Object(Amount.properties, {
    description: 'Hidden, until it is purged or shown again; not in the quota.',
  }),
  byType: Type.Array(Type.Object({ mediaType: Type.String(), ...Amount.properties })),
  derived: Type.Object(Amount.properties, {
    description: 'Variants that were made of images; not in the quota.',
  }),
})
export type AssetUsage = Static<typeof AssetUsage>

// Any text, so that an id of another form is 404 like one that names nothing.
const AssetParams = Type.Object({ assetId: Type.String({ maxLength: 128 }) })
const LinkParams = Type.Object({
  assetId: Type.String({ maxLength: 128 }),
  linkId: Type.String({ maxLength: 128 }),
})

/** Of one request: all its files together. */
export const uploadBytesMax = 5 * 1024 ** 3 + 64 * 1024

export const uploadFilesMax = 20

export const uploadAssets = defineRoute({
  id: 'uploadAssets',
  context,
  method: 'POST',
  path: '/v1/assets',
  summary: 'Upload one or many files, all or none',
  description:
    'With `projectId` they belong to that project, which takes images of at most 512 KiB: PNG, ' +
    'JPEG, SVG and WebP. The type of a file is found from its bytes, its name is for people. A ' +
    'form that names the instance before its files is refused before they are sent.',
  permission: 'user',
  rateClass: 'upload',
  bodyKind: 'stream',
  bodyMediaTypes: ['multipart/form-data'],
  bodyBytesMax: uploadBytesMax,
  body: Type.Object(
    {
      instanceId: InstanceId,
      projectId: Type.Optional(ProjectId),
      file: Type.Array(Type.String({ format: 'binary' }), {
        minItems: 1,
        maxItems: uploadFilesMax,
      }),
    },
    closed,
  ),
  responses: { 201: Type.Object({ items: Type.Array(Asset) }) },
  problems: [
    'not-found',
    'malformed-body',
    'body-too-large',
    'media-type-not-supported',
    'validation-failed',
    'quota-exceeded',
    'file-too-large',
    'media-type-not-allowed',
    'image-invalid',
    'image-too-many-pixels',
    'svg-active',
    'upload-expired',
    'insufficient-storage',
  ],
})

const contentHeaders = {
  Range: 'One range of bytes, also the last so many; several are answered with the whole.',
  'If-Range': 'The range is wanted of the content with this entity tag, else the whole.',
  'If-None-Match': 'Entity tags: 304 where the content has one of them.',
}
const contentAnswerHeaders = {
  ETag: 'The SHA-256 of the bytes that are answered, quoted.',
  'Accept-Ranges': '`bytes`.',
  'Content-Range': 'Of a part: where it lies, and how much there is.',
  'Content-Disposition': 'The name of the file; `inline` for images alone.',
}

export const getAssetContent = defineRoute({
  id: 'getAssetContent',
  context,
  method: 'GET',
  path: '/v1/assets/:assetId/content',
  summary: 'The bytes of an asset, or a picture made from it',
  description:
    'With any of the parameters but `download`, a picture is made from the asset, which has to ' +
    'be PNG, JPEG, WebP, GIF (its first frame) or SVG: the same bytes for the same parameters. ' +
    'It is kept for the next who asks, outside the quota. 503 where too many are being made.',
  permission: 'user',
  rateClass: 'read',
  params: AssetParams,
  query: Type.Object(
    {
      ...VariantQuery,
      download: Type.Optional(
        Type.Boolean({ description: 'As a file to be saved, also where it is an image.' }),
      ),
    },
    closed,
  ),
  answers: 'stream',
  requestHeaders: contentHeaders,
  responses: { 200: binary('*/*'), 206: binary('*/*'), 304: null },
  responseHeaders: contentAnswerHeaders,
  problems: [
    'not-found',
    'precondition-failed',
    'media-type-not-allowed',
    'range-not-satisfiable',
    'validation-failed',
    'image-invalid',
  ],
})

export const readLink = defineRoute({
  id: 'readLink',
  context,
  method: 'GET',
  path: '/v1/links/:token',
  summary: 'The bytes of an asset, by a link',
  description:
    'Also a picture made from it, by the same parameters as with a token. A read from the first ' +
    'byte counts as a download. When the link was used as often as it may ' +
    'be, its last download can go on for a quarter of an hour.',
  permission: 'anyone',
  rateClass: 'read',
  params: Type.Object({ token: Type.String({ maxLength: 256 }) }),
  query: getAssetContent.query,
  answers: 'stream',
  requestHeaders: contentHeaders,
  responses: getAssetContent.responses,
  responseHeaders: contentAnswerHeaders,
  problems: [
    'not-found',
    'link-expired',
    'precondition-failed',
    'media-type-not-allowed',
    'range-not-satisfiable',
    'validation-failed',
    'image-invalid',
  ],
})

export const listAssets = defineRoute({
  id: 'listAssets',
  context,
  method: 'GET',
  path: '/v1/assets',
  summary: "The caller's assets, newest first",
  permission: 'user',
  rateClass: 'read',
  query: Type.Object(
    {
      ...PageQuery,
      type: Type.Optional(
        Type.String({
          maxLength: 128,
          description: 'A media type (`image/png`) or all of a kind (`image`).',
        }),
      ),
      instanceId: Type.Optional(Type.String({ maxLength: 128 })),
      projectId: Type.Optional(Type.String({ maxLength: 128 })),
      unused: Type.Optional(
        Type.Boolean({ description: 'Those that no project uses, or those that some do.' }),
      ),
    },
    closed,
  ),
  responses: { 200: page(Asset) },
  problems: [],
})

export const getAsset = defineRoute({
  id: 'getAsset',
  context,
  method: 'GET',
  path: '/v1/assets/:assetId',
  summary: 'What is known of one asset',
  permission: 'user',
  rateClass: 'read',
  params: AssetParams,
  responses: { 200: Asset },
  problems: ['not-found'],
})

export const deleteAsset = defineRoute({
  id: 'deleteAsset',
  context,
  method: 'DELETE',
  path: '/v1/assets/:assetId',
  summary: 'Delete an asset that no project uses',
  description:
    'The problem names the projects that use it. One that was uploaded to a project, and that no ' +
    'content names, goes with discard=true.',
  permission: 'user',
  rateClass: 'write',
  params: AssetParams,
  query: Type.Object({ discard: Type.Optional(Type.Boolean()) }, closed),
  responses: { 204: null },
  problems: ['not-found', 'asset-in-use'],
})

export const getAssetUsage = defineRoute({
  id: 'getAssetUsage',
  context,
  method: 'GET',
  path: '/v1/assets/usage',
  summary: "How much the caller's instances hold",
  permission: 'user',
  rateClass: 'read',
  responses: { 200: AssetUsage },
  problems: [],
})

export const createAssetLink = defineRoute({
  id: 'createAssetLink',
  context,
  method: 'POST',
  path: '/v1/assets/:assetId/links',
  summary: 'Make an address by which the asset is read without a token',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  params: AssetParams,
  body: Type.Object(
    {
      expiresInSeconds: Type.Integer({ minimum: 1, maximum: 366 * 86_400 }),
      downloadsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    },
    closed,
  ),
  responses: { 201: Link },
  problems: ['not-found'],
})

export const listAssetLinks = defineRoute({
  id: 'listAssetLinks',
  context,
  method: 'GET',
  path: '/v1/assets/:assetId/links',
  summary: 'The links of an asset, with what was counted, newest first; revoked ones are gone',
  permission: 'user',
  rateClass: 'read',
  params: AssetParams,
  query: Type.Object(PageQuery, closed),
  responses: { 200: page(Link) },
  problems: ['not-found'],
})

export const revokeAssetLink = defineRoute({
  id: 'revokeAssetLink',
  context,
  method: 'DELETE',
  path: '/v1/assets/:assetId/links/:linkId',
  summary: 'Let a link lead nowhere from now on',
  permission: 'user',
  rateClass: 'write',
  params: LinkParams,
  responses: { 204: null },
  problems: ['not-found'],
})

export const assetsRoutes = [
  uploadAssets,
  listAssets,
  getAssetUsage,
  getAsset,
  deleteAsset,
  getAssetContent,
  createAssetLink,
  listAssetLinks,
  revokeAssetLink,
  readLink,
  ...fileRoutes,
  ...tusRoutes,
] as const
