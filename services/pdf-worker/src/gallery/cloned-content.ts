import { isAssetId } from '@atrium/contracts/planner/validate.ts'

/** Whom and what a copy names as where it comes from. */
export interface Credit {
  readonly slug: string
  readonly author: string
}

type Fields = Readonly<Record<string, unknown>>

/**
 * The content of a copy: its assets are the copies, or none where there is no copy, since those of
 * the original are another's; and it says where it comes from.
 */
export function clonedContent(
  content: unknown,
  copies: ReadonlyMap<string, string>,
  { slug, author }: Credit,
): unknown {
  const renamed = withCopies(content, copies)
  if (!isFields(renamed)) return renamed
  const metadata = isFields(renamed['metadata']) ? renamed['metadata'] : {}
  return {
    ...renamed,
    metadata: {
      ...metadata,
      originalAuthor: author,
      clonedFrom: slug,
      cloneCount: 0,
      isPublic: false,
      publicSlug: null,
    },
  }
}

function withCopies(value: unknown, copies: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return isAssetId(value) ? (copies.get(value) ?? null) : value
  if (Array.isArray(value)) return value.map((each: unknown) => withCopies(each, copies))
  if (!isFields(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withCopies(each, copies)]),
  )
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
