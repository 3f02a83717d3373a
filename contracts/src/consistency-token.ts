import type { Context } from './context.ts'
import { contexts } from './context.ts'

/**
 * How far one context had written. `position` is the last event of a write, for the context itself;
 * `publicPosition` the last public one, for others: what is private never reaches them.
 */
export interface ConsistencyPoint {
  readonly position?: number
  readonly publicPosition?: number
}

export type ConsistencyToken = Readonly<Partial<Record<Context, ConsistencyPoint>>>

export const consistencyHeader = 'consistency-token'

/** `auth:120/118,instances:7/7` in base64url. Opaque to clients. */
export function encodeConsistencyToken(token: ConsistencyToken): string {
  const parts = contexts.flatMap((context) => {
    const point = token[context]
    return point ? [`${context}:${point.position ?? ''}/${point.publicPosition ?? ''}`] : []
  })
  return Buffer.from(parts.join(',')).toString('base64url')
}

/** Undefined for text that no service of ours can have written. */
export function decodeConsistencyToken(text: string): ConsistencyToken | undefined {
  if (text.length > 1024) return undefined
  const token: Partial<Record<Context, ConsistencyPoint>> = {}
  const plain = Buffer.from(text, 'base64url').toString('latin1')
  for (const part of plain === '' ? [] : plain.split(',')) {
    const match = /^([a-z-]{1,32}):(\d{0,15})\/(\d{0,15})$/.exec(part)
    const context = contexts.find((known) => known === match?.[1])
    if (!match || !context) return undefined
    token[context] = {
      ...(match[2] ? { position: Number(match[2]) } : {}),
      ...(match[3] ? { publicPosition: Number(match[3]) } : {}),
    }
  }
  return token
}

/** The later of both in every pair. */
export function mergeConsistencyTokens(a: ConsistencyToken, b: ConsistencyToken): ConsistencyToken {
  const merged: Partial<Record<Context, ConsistencyPoint>> = {}
  for (const context of contexts) {
    const [one, two] = [a[context], b[context]]
    if (!one && !two) continue
    const position = later(one?.position, two?.position)
    const publicPosition = later(one?.publicPosition, two?.publicPosition)
    merged[context] = {
      ...(position === undefined ? {} : { position }),
      ...(publicPosition === undefined ? {} : { publicPosition }),
    }
  }
  return merged
}

const later = (a: number | undefined, b: number | undefined) =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b)
