import type { ServiceClient, ServiceRequest } from '@atrium/platform/http/service-client.ts'
import { expect, it } from 'vitest'
import { createHoldingsOfOthers } from './holdings.ts'

const asked: ServiceRequest = { tenant: 'acme', userId: 'usr_ada', correlationId: 'the click' }

/** A context that answers so, and what it was asked. */
function holderOf(status: number, body: unknown) {
  const requests: unknown[] = []
  const client: ServiceClient = {
    async request(...request) {
      requests.push(request)
      return Response.json(body, { status })
    },
  }
  return { client, requests }
}

it('adds up what every context holds, asked for the user who asks', async () => {
  const assets = holderOf(200, { assets: 7, documents: 2 })
  const pdf = holderOf(200, { jobs: 3, documents: 1 })
  const holdings = createHoldingsOfOthers([assets.client, pdf.client])
  expect(await holdings.of('ins_1', asked)).toEqual({
    documents: 3,
    assets: 7,
    jobs: 3,
    workspaces: 0,
    conversations: 0,
  })
  expect(pdf.requests).toEqual([['GET', '/internal/instances/ins_1/holdings', asked]])
})

it('is nothing where no context holds anything', async () => {
  const holdings = await createHoldingsOfOthers([]).of('ins_1', asked)
  expect(Object.values(holdings)).toEqual([0, 0, 0, 0, 0])
})

it.each([
  [404, { code: 'not-found' }],
  [401, { code: 'not-signed-in' }],
  [200, { assets: -1 }],
  [200, { moons: 1 }],
])('is unavailable where one answers %i %o: a smaller sum would be a lie', async (status, body) => {
  const holders = [holderOf(200, { jobs: 1 }).client, holderOf(status, body).client]
  const holdings = createHoldingsOfOthers(holders).of('ins_1', asked)
  await expect(holdings).rejects.toMatchObject({ name: 'StoreUnavailable' })
})
