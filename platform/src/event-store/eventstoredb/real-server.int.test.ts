import { afterAll, describe } from 'vitest'
import { findRealEventStoreDb } from '../../testkit/real-eventstoredb.ts'
import { describeEventStore } from '../conformance.ts'
import { describeServerRules } from '../../testkit/eventstoredb-double/server-rules.ts'

const server = await findRealEventStoreDb()
const { leftOut = '', url = '' } = server

if (leftOut) console.warn(`EventStoreDB: the real server was left out: ${leftOut}.`)

afterAll(() => server.close())

describe.skipIf(leftOut)(`A real EventStoreDB${leftOut && `, left out: ${leftOut}`}`, () => {
  describeEventStore('The EventStoreDB adapter on it', {
    opener: new URL('./open.ts', import.meta.url),
    url: () => url,
  })
  describeServerRules('It', () => url)
})
