import { Type } from 'typebox'

// A string with U+0000 cannot be stored by PostgreSQL, one with a lone surrogate is no Unicode
// text: either would poison a projection, so the HTTP kit refuses both everywhere, before any
// schema.

export const TenantId = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  description: 'The isolation boundary; `default` for single-tenant use.',
})

export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC.' })

/** A prefixed UUID without dashes: v7 where it was made, v5 where it was derived. */
export const idOf = (prefix: string, description: string) =>
  Type.String({ pattern: `^${prefix}_[0-9a-f]{32}$`, description })

export const UserId = idOf('usr', 'A user.')
export const SessionId = idOf('ses', 'A sign-in of a user on a device.')
export const InstanceId = idOf('ins', 'An instance: a work area of a user.')
export const ProjectId = idOf('prj', 'A project of an instance.')

export const AssetId = idOf('ast', 'An asset: a picture or a file of an instance.')
export const ReservationId = idOf('rsv', 'Space that is kept free for an upload.')
export const FileEntryId = idOf('fil', 'A file or a folder of an instance.')
export const LinkId = idOf('lnk', 'A link by which an asset is read without a token.')

export const Sha256 = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'SHA-256 of the bytes, in hexadecimal.',
})

export const Version = Type.Integer({
  minimum: 1,
  description: "Counts the aggregate's own events from 1; the entity tag of its representation.",
})

/** One page of a list. `nextCursor` is null on the last page. */
export const page = <Item extends Parameters<typeof Type.Array>[0]>(item: Item) =>
  Type.Object({
    items: Type.Array(item),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  })

export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
}
