import { Type, type Static } from 'typebox'
import { AssetId, InstanceId, ProjectId, Timestamp, UserId, Version } from '../schema.ts'
import { ProjectKind } from './project-events.ts'

/** Of a project's content, as JSON without white space. */
export const contentSizeBytesMax = 5 * 1024 * 1024

export const ProjectName = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'Trimmed, then 1 to 100 characters.',
})
export const descriptionLengthMax = 2_000
export const ProjectDescription = Type.String({ maxLength: descriptionLengthMax })

export const ProjectContent = Type.Object(
  {},
  {
    additionalProperties: true,
    description:
      'An object. Of a planner: the e-ink project. At most 5 MiB of JSON, nested 28 deep, ' +
      '500,000 values, 20,000 different names (each anew behind other names of its object), ' +
      'whole numbers within 2^53. The order of its members is not kept.',
  },
)

const summary = {
  id: ProjectId,
  instanceId: InstanceId,
  name: Type.String(),
  description: Type.Union([Type.String(), Type.Null()]),
  kind: ProjectKind,
  assetIds: Type.Array(AssetId, { description: 'The assets that the content names.' }),
  contentSizeBytes: Type.Integer({ minimum: 0 }),
  archived: Type.Boolean(),
  status: Type.Union([Type.Literal('active'), Type.Literal('deleted')]),
  version: Version,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  updatedBy: UserId,
  deletedAt: Type.Optional(Timestamp),
  purgeAt: Type.Optional(Timestamp),
}

/** As lists show it: without the content. */
export const ProjectSummary = Type.Object(summary)
export type ProjectSummary = Static<typeof ProjectSummary>

export const Project = Type.Object({ ...summary, content: ProjectContent })
export type Project = Static<typeof Project>

const Pointers = Type.Array(Type.String(), {
  description: 'RFC 6901, from the project on: `/name`, `/content/masters/0`.',
})

/** One version of a project: who made it of the one before, and how. */
export const ProjectChange = Type.Object({
  version: Version,
  type: Type.String({ description: "The event's name." }),
  changedBy: Type.Union([UserId, Type.Null()]),
  changedAt: Timestamp,
  pointers: Pointers,
  restoredVersion: Type.Optional(Version),
})
export type ProjectChange = Static<typeof ProjectChange>

const closed = { additionalProperties: false } as const

export const mergePatchMediaType = 'application/merge-patch+json'
export const jsonPatchMediaType = 'application/json-patch+json'

/** RFC 6902, on `{ name, description, content }`. */
export const JsonPatch = Type.Array(
  Type.Union([
    Type.Object({
      op: Type.Union([Type.Literal('add'), Type.Literal('replace'), Type.Literal('test')]),
      path: Type.String(),
      value: Type.Unknown(),
    }),
    Type.Object({ op: Type.Literal('remove'), path: Type.String() }),
    Type.Object({
      op: Type.Union([Type.Literal('move'), Type.Literal('copy')]),
      from: Type.String(),
      path: Type.String(),
    }),
  ]),
  { maxItems: 1_000 },
)

/** RFC 7396, on `{ name, description, content }`. */
export const MergePatch = Type.Object(
  {
    name: Type.Optional(ProjectName),
    description: Type.Optional(Type.Union([ProjectDescription, Type.Null()])),
    content: Type.Optional(
      Type.Object({}, { additionalProperties: true, description: 'Null takes a member away.' }),
    ),
  },
  closed,
)
