import * as contract from '@atrium/contracts/assets/http.ts'
import { partOf } from '@atrium/platform/decider/cause.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import type { Links, Storages } from '../aggregates.ts'
import { answerContent, type ContentDeps } from '../content/answer-content.ts'
import type { ReadByLink } from '../link.ts'
import type { LinkTokens } from '../link-token.ts'
import { isShown } from '../storage-state.ts'

export interface Deps extends ContentDeps {
  readonly storages: Storages
  readonly links: Links
  readonly linkTokens: LinkTokens
}

export function mountContent(app: FastifyInstance, deps: Deps) {
  mount(app, contract.getAssetContent, (exchange) => {
    const { caller, params } = exchange
    const of = { tenant: caller.tenant, ownerId: caller.userId, assetId: params.assetId }
    return answerContent(deps, exchange, of)
  })

  mount(app, contract.readLink, async (exchange) => {
    const { storages, links, linkTokens } = deps
    const named = linkTokens.verify(exchange.params.token)
    if (!named) throw new Rejection('not-found')
    const { tenant, linkId } = named
    const { state: link } = await links.load(tenant, linkId)
    if (link.status !== 'open') throw new Rejection('not-found')
    const { ownerId, assetId } = link
    // Whoever follows a link has no token that says how fresh an answer must be: so it is as fresh
    // as the log, and what was deleted is gone at once.
    const { state } = await storages.load(tenant, ownerId)
    if (!isShown(state, assetId)) throw new Rejection('not-found')

    const read = async (reads: ReadByLink['reads'], word: string) => {
      const cause = { ...partOf(exchange.cause, word), tenant }
      await links.handle(linkId, { type: 'ReadByLink', at: exchange.at, reads }, cause)
    }
    await read('nothing', 'look')
    return answerContent(deps, exchange, { tenant, ownerId, assetId }, async ({ start }) => {
      if (exchange.method === 'HEAD') return
      await read(start === 0 ? 'from-start' : 'from-later', 'read')
    })
  })
}
