import { postgreSQLEventStoreConsumer } from '@event-driven-io/emmett-postgresql'
import type { Event } from '@event-driven-io/emmett'

type Message = Event<string, Record<string, unknown>>

export interface EmmettRun {
  readonly url: string
  /** Each run has a checkpoint of its own, so that it begins at the first event. */
  readonly processorId: string
  readonly batchSize: number
  /** How many events there are; the run ends with the last. */
  readonly count: number
  /** Writes a batch in the transaction of its checkpoint. */
  readonly write?: (
    client: { query(text: string, values: unknown[]): Promise<unknown> },
    data: readonly Record<string, unknown>[],
  ) => Promise<unknown>
}

/** Emmett's consumer from the first event to the last; gives the events that it was handed. */
export async function runEmmettConsumer({ url, processorId, batchSize, count, write }: EmmettRun) {
  let handed = 0
  const all = Promise.withResolvers<void>()
  const consumer = postgreSQLEventStoreConsumer<Message>({
    connectionString: url,
    pulling: { batchSize, pullingFrequencyInMs: 1 },
  })
  consumer.reactor<Message>({
    processorId,
    startFrom: 'BEGINNING',
    connectionOptions: { connectionString: url },
    async eachBatch(messages, context) {
      handed += messages.length
      await write?.(
        context.connection.client as never, // a pg client, which its types hide
        messages.map(({ data }) => data),
      )
      if (handed >= count) all.resolve()
    },
  })
  try {
    const started = consumer.start()
    await Promise.race([all.promise, started, limit()])
  } finally {
    await consumer.close()
  }
  if (handed !== count) throw new Error(`Emmett's consumer was handed ${handed} of ${count}`)
}

/** A run that takes longer has lost events, or waits for ever. */
const limitMs = 120_000

const limit = () =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, limitMs).unref()
  })
