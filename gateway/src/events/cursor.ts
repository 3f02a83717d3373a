import { contexts, type Context } from '@atrium/contracts/context.ts'
import { createHash } from 'node:crypto'

/** How far a person's stream has come: the last JetStream sequence of each context. */
export type Cursor = Partial<Record<Context, number>>

export interface Owner {
  readonly tenant: string
  readonly userId: string
}

const charactersMax = 512
const tagCharacters = 11

/**
 * `auth:120,instances:7` in base64url, a dot, and a tag over it and its owner, so that one person's
 * id does not pass for another's. It is no secret: what it names is filtered by the token anyway.
 */
export function encodeCursor(cursor: Cursor, owner: Owner): string {
  const parts = contexts.flatMap((context) => {
    const sequence = cursor[context]
    return sequence === undefined ? [] : [`${context}:${sequence}`]
  })
  const payload = Buffer.from(parts.join(',')).toString('base64url')
  return `${payload}.${tagOf(payload, owner)}`
}

/** Undefined for text that was not given to this owner. */
export function decodeCursor(text: string, owner: Owner): Cursor | undefined {
  if (text.length > charactersMax) return undefined
  const [payload = '', tag, ...more] = text.split('.')
  if (tag !== tagOf(payload, owner) || more.length > 0) return undefined
  const cursor: Cursor = {}
  for (const part of Buffer.from(payload, 'base64url').toString('latin1').split(',')) {
    const match = /^([a-z-]{1,32}):(\d{1,15})$/.exec(part)
    const context = contexts.find((known) => known === match?.[1])
    if (!context) return undefined
    cursor[context] = Number(match?.[2])
  }
  return cursor
}

const tagOf = (payload: string, { tenant, userId }: Owner) =>
  createHash('sha256')
    .update(`${payload}\n${tenant}\n${userId}`)
    .digest('base64url')
    .slice(0, tagCharacters)
