import { Type } from 'typebox'
import { defineRoute } from '../route.ts'
import { page, PageQuery, Version } from '../schema.ts'
import { ProjectKind } from './project-events.ts'
import {
  contentSizeBytesMax,
  JsonPatch,
  jsonPatchMediaType,
  MergePatch,
  mergePatchMediaType,
  Project,
  ProjectChange,
  ProjectContent,
  ProjectDescription,
  ProjectName,
  ProjectSummary,
} from './project.ts'

const context = 'instances'
const closed = { additionalProperties: false } as const

/** With room for what stands around a content in a body, and for white space in it. */
const bodyBytesMax = contentSizeBytesMax + 1024 * 1024

// Any text, so that an id of another form is 404 like one that names nothing.
const ProjectsParams = Type.Object({ instanceId: Type.String({ maxLength: 128 }) })
const ProjectParams = Type.Object({
  instanceId: Type.String({ maxLength: 128 }),
  projectId: Type.String({ maxLength: 128 }),
})
const VersionParams = Type.Object({
  instanceId: Type.String({ maxLength: 128 }),
  projectId: Type.String({ maxLength: 128 }),
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
})

const projectsPath = '/v1/instances/:instanceId/projects'
const projectPath = `${projectsPath}/:projectId` as const

export const listProjects = defineRoute({
  id: 'listProjects',
  context,
  method: 'GET',
  path: projectsPath,
  summary: "An instance's projects, last changed first; deleted ones with status=deleted",
  permission: 'user',
  rateClass: 'read',
  params: ProjectsParams,
  query: Type.Object(
    {
      ...PageQuery,
      status: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('deleted')])),
      kind: Type.Optional(ProjectKind),
      archived: Type.Optional(Type.Boolean()),
      text: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 200,
          description: 'In the name or the description, without regard to case.',
        }),
      ),
    },
    closed,
  ),
  responses: { 200: page(ProjectSummary) },
  problems: [],
})

export const createProject = defineRoute({
  id: 'createProject',
  context,
  method: 'POST',
  path: projectsPath,
  summary: 'Create a project',
  description: 'Without a content a plain project is empty; a planner needs one.',
  permission: 'user',
  rateClass: 'project-create',
  idempotencyKey: true,
  bodyBytesMax,
  params: ProjectsParams,
  body: Type.Object(
    {
      name: ProjectName,
      kind: ProjectKind,
      description: Type.Optional(Type.Union([ProjectDescription, Type.Null()])),
      content: Type.Optional(ProjectContent),
    },
    closed,
  ),
  responses: { 201: Project },
  problems: ['quota-exceeded'],
})

export const getProject = defineRoute({
  id: 'getProject',
  context,
  method: 'GET',
  path: projectPath,
  summary: 'One project with its content',
  permission: 'user',
  rateClass: 'read',
  params: ProjectParams,
  responses: { 200: Project },
  problems: [],
})

const conflictDescription =
  'A stale `If-Match` is 409 version-conflict with `currentVersion`, `changedBy`, `changedAt`, ' +
  'and where you changed the version that you name (`yours`), where it was changed since ' +
  '(`theirs`), and where both meet (`conflicts`). What changes nothing makes no version.'

export const replaceProject = defineRoute({
  id: 'replaceProject',
  context,
  method: 'PUT',
  path: projectPath,
  summary: 'Replace what is given of name, description and content',
  description: conflictDescription,
  permission: 'user',
  rateClass: 'write',
  ifMatch: 'required',
  bodyBytesMax,
  params: ProjectParams,
  body: Type.Object(
    {
      name: Type.Optional(ProjectName),
      description: Type.Optional(Type.Union([ProjectDescription, Type.Null()])),
      content: Type.Optional(ProjectContent),
    },
    closed,
  ),
  responses: { 200: Project },
  problems: ['project-archived'],
})

export const patchProject = defineRoute({
  id: 'patchProject',
  context,
  method: 'PATCH',
  path: projectPath,
  summary: 'Change parts of name, description and content',
  description:
    'A JSON Merge Patch (RFC 7396), also as application/json, or a JSON Patch (RFC 6902) of up ' +
    `to 1,000 operations. ${conflictDescription}`,
  permission: 'user',
  rateClass: 'write',
  ifMatch: 'required',
  bodyMediaTypes: [mergePatchMediaType, jsonPatchMediaType],
  bodySchemas: { [jsonPatchMediaType]: JsonPatch },
  bodyBytesMax,
  params: ProjectParams,
  body: MergePatch,
  responses: { 200: Project },
  problems: ['project-archived'],
})

export const mergeProject = defineRoute({
  id: 'mergeProject',
  context,
  method: 'POST',
  path: `${projectPath}/merge`,
  summary: 'Merge a content that was made of an older version with what was changed since',
  description:
    'Items that carry `id`, `name` or `kind` are merged one by one, other arrays as one value. ' +
    'Where both sides changed the same to something else it is 409 merge-conflict with ' +
    '`conflicts`, and nothing is changed. An item is named by its place in the older version, ' +
    'one that both added by its place in the current one.',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  ifMatch: 'optional',
  bodyBytesMax,
  params: ProjectParams,
  body: Type.Object({ baseVersion: Version, content: ProjectContent }, closed),
  responses: { 200: Project },
  problems: ['merge-conflict', 'project-archived'],
})

export const duplicateProject = defineRoute({
  id: 'duplicateProject',
  context,
  method: 'POST',
  path: `${projectPath}/duplicate`,
  summary: 'Make another project of it, in the same instance',
  permission: 'user',
  rateClass: 'project-create',
  idempotencyKey: true,
  params: ProjectParams,
  responses: { 201: Project },
  problems: ['quota-exceeded'],
})

export const archiveProject = defineRoute({
  id: 'archiveProject',
  context,
  method: 'POST',
  path: `${projectPath}/archive`,
  summary: 'Put it away: it can be read, and not be changed',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  ifMatch: 'optional',
  params: ProjectParams,
  responses: { 200: Project },
  problems: [],
})

export const unarchiveProject = defineRoute({
  id: 'unarchiveProject',
  context,
  method: 'POST',
  path: `${projectPath}/unarchive`,
  summary: 'Take it out again',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  ifMatch: 'optional',
  params: ProjectParams,
  responses: { 200: Project },
  problems: [],
})

export const deleteProject = defineRoute({
  id: 'deleteProject',
  context,
  method: 'DELETE',
  path: projectPath,
  summary: 'Delete it, to be restored within the retention; with purge=true for good, at once',
  permission: 'user',
  rateClass: 'write',
  ifMatch: 'optional',
  params: ProjectParams,
  query: Type.Object({ purge: Type.Optional(Type.Boolean()) }, closed),
  responses: { 204: null },
  problems: [],
})

export const restoreProject = defineRoute({
  id: 'restoreProject',
  context,
  method: 'POST',
  path: `${projectPath}/restore`,
  summary: 'Bring a deleted project back',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  ifMatch: 'optional',
  params: ProjectParams,
  responses: { 200: Project },
  problems: ['project-not-deleted', 'quota-exceeded'],
})

export const listProjectHistory = defineRoute({
  id: 'listProjectHistory',
  context,
  method: 'GET',
  path: `${projectPath}/history`,
  summary: 'The versions of a project, newest first: who made each, when, and where it differs',
  permission: 'user',
  rateClass: 'read',
  params: ProjectParams,
  query: Type.Object(PageQuery, closed),
  responses: { 200: page(ProjectChange) },
  problems: [],
})

export const getProjectVersion = defineRoute({
  id: 'getProjectVersion',
  context,
  method: 'GET',
  path: `${projectPath}/versions/:version`,
  summary: 'The project as it was in a version',
  permission: 'user',
  rateClass: 'read',
  params: VersionParams,
  responses: { 200: Project },
  problems: [],
})

export const restoreProjectVersion = defineRoute({
  id: 'restoreProjectVersion',
  context,
  method: 'POST',
  path: `${projectPath}/versions/:version/restore`,
  summary: 'Give it the name, the description and the content that it had in a version',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  ifMatch: 'optional',
  params: VersionParams,
  responses: { 200: Project },
  problems: ['project-archived'],
})

export const projectRoutes = [
  listProjects,
  createProject,
  getProject,
  replaceProject,
  patchProject,
  mergeProject,
  duplicateProject,
  archiveProject,
  unarchiveProject,
  deleteProject,
  restoreProject,
  listProjectHistory,
  getProjectVersion,
  restoreProjectVersion,
] as const
