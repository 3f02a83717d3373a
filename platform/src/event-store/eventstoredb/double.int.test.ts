import { afterAll } from 'vitest'
import { createEventStoreDbDouble } from '../../testkit/eventstoredb-double/double.ts'
import { describeEventStore } from '../conformance.ts'
import { describeServerRules } from '../../testkit/eventstoredb-double/server-rules.ts'

const double = await createEventStoreDbDouble()

afterAll(() => double.close())

describeEventStore('The EventStoreDB adapter, on a double of the server,', {
  opener: new URL('./open.ts', import.meta.url),
  url: () => double.url,
})

describeServerRules('A double of EventStoreDB', () => double.url)
