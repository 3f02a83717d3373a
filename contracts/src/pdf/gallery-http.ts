import { Type, type Static } from 'typebox'
import { defineRoute } from '../route.ts'
import { InstanceId, page, PageQuery, ProjectId, Timestamp, UserId } from '../schema.ts'
import { CloneId, Slug } from './schema.ts'

// Planners that people of a tenant show to each other. Reading needs no token: before sign-in the
// tenant comes from X-Tenant or the host.

const context = 'pdf'
const closed = { additionalProperties: false } as const

export const Publication = Type.Object({
  slug: Slug,
  title: Type.String(),
  description: Type.String(),
  category: Type.String(),
  author: Type.String({ description: 'Whom the planner names; empty where it names nobody.' }),
  ownerId: UserId,
  device: Type.String(),
  pages: Type.Integer(),
  cloneCount: Type.Integer(),
  publishedAt: Timestamp,
})
export type Publication = Static<typeof Publication>

export const PublishedPlanner = Type.Object({
  ...Publication.properties,
  project: Type.Unknown({ description: 'The planner as it was published.' }),
})

export const Clone = Type.Object({
  id: CloneId,
  status: Type.Enum(['pending', 'completed', 'failed']),
  slug: Slug,
  instanceId: InstanceId,
  projectId: Type.Union([ProjectId, Type.Null()]),
  errorCode: Type.Union([Type.String(), Type.Null()]),
  requestedAt: Timestamp,
})
export type Clone = Static<typeof Clone>

// Any text, so that a slug of another form is 404 like one that names nothing.
const SlugParams = Type.Object({ slug: Type.String({ maxLength: 128 }) })

export const publishPlanner = defineRoute({
  id: 'publishPlanner',
  context,
  method: 'POST',
  path: '/v1/gallery',
  summary: 'Show a planner, as it is now, to everybody of the tenant',
  description:
    'With its pictures and fonts. What is changed afterwards is not shown; to show it, unpublish ' +
    'and publish again.',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  body: Type.Object({ projectId: Type.String({ maxLength: 128 }), slug: Slug }, closed),
  responses: { 201: Publication },
  problems: ['not-found', 'slug-taken', 'validation-failed'],
})

export const searchGallery = defineRoute({
  id: 'searchGallery',
  context,
  method: 'GET',
  path: '/v1/gallery',
  summary: 'What is published, newest first',
  permission: 'anyone',
  rateClass: 'read',
  query: Type.Object(
    {
      ...PageQuery,
      text: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 200,
          description: 'In title, description, category or author, without regard to case.',
        }),
      ),
    },
    closed,
  ),
  responses: { 200: page(Publication) },
  problems: [],
})

export const getPublication = defineRoute({
  id: 'getPublication',
  context,
  method: 'GET',
  path: '/v1/gallery/:slug',
  summary: 'One published planner',
  permission: 'anyone',
  rateClass: 'read',
  params: SlugParams,
  responses: { 200: PublishedPlanner },
  problems: ['not-found'],
})

export const unpublishPlanner = defineRoute({
  id: 'unpublishPlanner',
  context,
  method: 'DELETE',
  path: '/v1/gallery/:slug',
  summary: 'Show it no longer; copies stay with those who made them',
  permission: 'user',
  rateClass: 'write',
  params: SlugParams,
  responses: { 204: null },
  problems: ['not-found', 'permission-denied'],
})

export const clonePlanner = defineRoute({
  id: 'clonePlanner',
  context,
  method: 'POST',
  path: '/v1/gallery/:slug/clone',
  summary: 'Copy it into an instance of ones own, with its pictures and fonts',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  params: SlugParams,
  body: Type.Object({ instanceId: Type.String({ maxLength: 128 }) }, closed),
  responses: { 202: Clone },
  problems: ['not-found'],
})

export const getClone = defineRoute({
  id: 'getClone',
  context,
  method: 'GET',
  path: '/v1/gallery-clones/:cloneId',
  summary: 'How far a copy is, and the project that it became',
  permission: 'user',
  rateClass: 'read',
  params: Type.Object({ cloneId: Type.String({ maxLength: 128 }) }),
  responses: { 200: Clone },
  problems: ['not-found'],
})

export const galleryRoutes = [
  publishPlanner,
  searchGallery,
  getPublication,
  unpublishPlanner,
  clonePlanner,
  getClone,
] as const
