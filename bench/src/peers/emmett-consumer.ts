import { postgreSQLEventStoreConsumer } from '@event-driven-io/emmett-postgresql'
import type { Event } from '@event-driven-io/emmett'

type Message = Event<string, Record<string, unknown>>

export interface EmmettRun {
  readonly url: string
  /** Each run has a checkpoint of its own, so that it begins at the first event. */
  readonly processorId: string
  /** Events of one page, which are handled in one transaction. */
  readonly batchSize: number
  /** How many events there are; the run ends with the last. */
  readonly count: number
  /** Writes an event in the transaction of its checkpoint. */
  readonly write?: (client: WritingClient, data: Record<string, unknown>) => Promise<unknown>
}

interface WritingClient {
  query(text: string, values: unknown[]): Promise<unknown>
}

/**
 * Emmett's consumer from the first event to the last; throws where it was handed fewer. In 0.42 it
 * hands over one event at a time and moves the checkpoint with each: `eachBatch` is in its types,
 * but nothing calls it.
 */
export async function runEmmettConsumer({ url, processorId, batchSize, count, write }: EmmettRun) {
  let handed = 0
  const consumer = postgreSQLEventStoreConsumer<Message>({
    connectionString: url,
    pulling: { batchSize, pullingFrequencyInMs: 1 },
    stopWhen: { noMessagesLeft: true },
  })
  consumer.reactor<Message>({
    processorId,
    startFrom: 'BEGINNING',
    async eachMessage({ data }, context) {
      handed += 1
      await write?.(context.connection.client, data)
    },
  })
  try {
    await consumer.start()
  } finally {
    await consumer.close()
  }
  if (handed !== count) throw new Error(`Emmett's consumer was handed ${handed} of ${count}`)
}
