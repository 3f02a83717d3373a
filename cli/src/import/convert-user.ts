import { own, textFrom, type RawFields } from '@atrium/contracts/planner/fields.ts'

/** An account of the old platform, as the import takes it over. */
export interface OldUser {
  /** As the old platform named it. */
  readonly id: string
  readonly email: string
  readonly username: string | null
  readonly passwordHash: string
  /** RFC 3339, UTC; null where the file says nothing that can be read. */
  readonly registeredAt: string | null
  readonly isActive: boolean
}

/** Pure. What the rules of accounts are, the platform says when it is asked. */
export function convertUser(id: string, raw: RawFields): OldUser {
  return {
    id: textFrom(own(raw, 'id')) ?? id,
    email: textFrom(own(raw, 'email'))?.trim() ?? '',
    username: textFrom(own(raw, 'username'))?.trim() || null,
    passwordHash: textFrom(own(raw, 'password_hash')) ?? '',
    registeredAt: timeOf(own(raw, 'created_at')),
    isActive: own(raw, 'is_active') !== false,
  }
}

/** Times without a zone were UTC. */
function timeOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/i.test(value)
  const time = Date.parse(hasZone ? value : `${value.trim().replace(' ', 'T')}Z`)
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}
