import { Type, type Static } from 'typebox'
import { defineRoute } from '../route.ts'
import { InstanceId, page, PageQuery, Timestamp, UserId, Version } from '../schema.ts'

const context = 'instances'
const closed = { additionalProperties: false } as const

export const InstanceName = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'Trimmed, then 1 to 100 characters; unique per owner without regard to case.',
})
export const InstanceDescription = Type.String({ maxLength: 2_000 })

export const Instance = Type.Object({
  id: InstanceId,
  name: Type.String(),
  description: Type.Union([Type.String(), Type.Null()]),
  ownerId: UserId,
  isDefault: Type.Boolean(),
  members: Type.Array(Type.Object({ userId: UserId, role: Type.Literal('owner') })),
  status: Type.Union([Type.Literal('active'), Type.Literal('deleted')]),
  version: Version,
  createdAt: Timestamp,
  lastAccessedAt: Timestamp,
  deletedAt: Type.Optional(Timestamp),
  purgeAt: Type.Optional(Timestamp),
})
export type Instance = Static<typeof Instance>

/** What a deletion would take along. Kinds that do not exist yet count 0. */
export const DeletionPreview = Type.Object({
  instanceId: InstanceId,
  purgeAt: Timestamp,
  projects: Type.Integer(),
  documents: Type.Integer(),
  assets: Type.Integer(),
  jobs: Type.Integer(),
  workspaces: Type.Integer(),
  conversations: Type.Integer(),
})
export type DeletionPreview = Static<typeof DeletionPreview>

// Any text, so that an id of another form is 404 like one that names nothing.
export const InstanceParams = Type.Object({ instanceId: Type.String({ maxLength: 128 }) })

export const listInstances = defineRoute({
  id: 'listInstances',
  context,
  method: 'GET',
  path: '/v1/instances',
  summary: "The caller's instances, last used first; deleted ones with status=deleted",
  permission: 'user',
  rateClass: 'read',
  query: Type.Object(
    {
      ...PageQuery,
      status: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('deleted')])),
    },
    closed,
  ),
  responses: { 200: page(Instance) },
  problems: [],
})

export const createInstance = defineRoute({
  id: 'createInstance',
  context,
  method: 'POST',
  path: '/v1/instances',
  summary: 'Create an instance',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  body: Type.Object(
    { name: InstanceName, description: Type.Optional(InstanceDescription) },
    closed,
  ),
  responses: { 201: Instance },
  problems: ['name-taken', 'quota-exceeded'],
})

export const getInstance = defineRoute({
  id: 'getInstance',
  context,
  method: 'GET',
  path: '/v1/instances/:instanceId',
  summary: 'One instance',
  permission: 'user',
  rateClass: 'read',
  params: InstanceParams,
  responses: { 200: Instance },
  problems: ['not-found'],
})

export const updateInstance = defineRoute({
  id: 'updateInstance',
  context,
  method: 'PATCH',
  path: '/v1/instances/:instanceId',
  summary: 'Rename, describe, or make it the default',
  description:
    'What is left out stays. A description of null takes it away. With `If-Match`, a change made ' +
    'meanwhile is 409, and the problem tells what it was.',
  permission: 'user',
  rateClass: 'write',
  ifMatch: 'optional',
  params: InstanceParams,
  body: Type.Object(
    {
      name: Type.Optional(InstanceName),
      description: Type.Optional(Type.Union([InstanceDescription, Type.Null()])),
      isDefault: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  responses: { 200: Instance },
  problems: ['not-found', 'name-taken', 'version-conflict'],
})

export const deleteInstance = defineRoute({
  id: 'deleteInstance',
  context,
  method: 'DELETE',
  path: '/v1/instances/:instanceId',
  summary: 'Delete it, to be restored within the retention; with purge=true for good, at once',
  permission: 'user',
  rateClass: 'write',
  ifMatch: 'optional',
  params: InstanceParams,
  query: Type.Object({ purge: Type.Optional(Type.Boolean()) }, closed),
  responses: { 204: null },
  problems: ['not-found', 'last-instance', 'version-conflict'],
})

export const recordInstanceAccess = defineRoute({
  id: 'recordInstanceAccess',
  context,
  method: 'POST',
  path: '/v1/instances/:instanceId/access',
  summary: 'Note that the caller switched to it',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  params: InstanceParams,
  responses: { 204: null },
  problems: ['not-found'],
})

export const restoreInstance = defineRoute({
  id: 'restoreInstance',
  context,
  method: 'POST',
  path: '/v1/instances/:instanceId/restore',
  summary: 'Bring a deleted instance back',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  ifMatch: 'optional',
  params: InstanceParams,
  responses: { 200: Instance },
  problems: ['not-found', 'instance-not-deleted', 'quota-exceeded', 'version-conflict'],
})

export const previewInstanceDeletion = defineRoute({
  id: 'previewInstanceDeletion',
  context,
  method: 'GET',
  path: '/v1/instances/:instanceId/deletion-preview',
  summary: 'What a deletion would take along',
  permission: 'user',
  rateClass: 'read',
  params: InstanceParams,
  responses: { 200: DeletionPreview },
  problems: ['not-found'],
})

export const instancesRoutes = [
  listInstances,
  createInstance,
  getInstance,
  updateInstance,
  deleteInstance,
  recordInstanceAccess,
  restoreInstance,
  previewInstanceDeletion,
] as const
