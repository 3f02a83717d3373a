import { Type, type Static } from 'typebox'
import type { Context } from '../context.ts'
import { defineRoute } from '../route.ts'
import { InstanceParams } from './http.ts'

/** Between services: the gateway never proxies it. */
export const holdingsPath = '/internal/instances/:instanceId/holdings'

const count = Type.Optional(Type.Integer({ minimum: 0 }))

/** What another context holds for an instance, by the kinds that it has. */
export const Holdings = Type.Object(
  { documents: count, assets: count, jobs: count, workspaces: count, conversations: count },
  { additionalProperties: false },
)
export type Holdings = Static<typeof Holdings>

/**
 * Each context that holds something for instances answers how much, to instances alone, which adds
 * it up before a deletion. An instance for which it holds nothing, or that is not the user's, is
 * one with zeros.
 */
export const holdingsRoute = (context: Context) =>
  defineRoute({
    id: 'getHoldings',
    context,
    method: 'GET',
    path: holdingsPath,
    summary: 'What is held for an instance',
    permission: 'service',
    rateClass: 'read',
    params: InstanceParams,
    responses: { 200: Holdings },
    problems: [],
  })

export const holdingsPathOf = (instanceId: string) =>
  holdingsPath.replace(':instanceId', instanceId)
