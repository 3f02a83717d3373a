import { type Context, contexts } from '@atrium/contracts/context.ts'
import { isPublic } from '@atrium/contracts/catalog.ts'
import { jetStreamOf } from '@atrium/contracts/naming.ts'
import { headerGetter } from '@atrium/platform/messaging/message.ts'
import { streamEnd } from '@atrium/platform/messaging/stream.ts'
import { demandLastPublished } from '@atrium/platform/relay/store-behind-stream.ts'
import { parseNatsUrl } from '@atrium/platform/messaging/nats-url.ts'
import { AckPolicy, connect, DeliverPolicy, type NatsConnection } from 'nats'
import type { Deployment } from '../deployment.ts'
import { openStores, type Stores } from '../open-stores.ts'
import { finding, type Finding } from './finding.ts'

const connectTimeoutMs = 3_000
const fetchWaitMs = 2_000
const fetchMax = 1_000

export async function withNats<Result>(
  { natsUrl }: Deployment,
  work: (nats: NatsConnection) => Promise<Result>,
): Promise<Result> {
  const { servers, ...credentials } = parseNatsUrl(natsUrl)
  const nats = await connect({
    ...credentials,
    servers: [...servers],
    name: 'atrium-cli',
    timeout: connectTimeoutMs,
    maxReconnectAttempts: 0,
  })
  try {
    return await work(nats)
  } finally {
    await nats.close()
  }
}

/** NATS answers, keeps streams, and each relay has published what its context wrote. */
export async function checkNats(deployment: Deployment): Promise<Finding[]> {
  const reachable = await finding('nats', () =>
    withNats(deployment, async (nats) => {
      const manager = await nats.jetstreamManager()
      const { streams, storage } = await manager.getAccountInfo()
      const mebibytes = (storage / 2 ** 20).toFixed(1)
      return `nats-server ${nats.info?.version}, ${streams} streams, ${mebibytes} MiB`
    }),
  )
  if (!reachable.ok) return [reachable]
  const relays = contexts.map((context) =>
    finding(`${context} relay`, () => relayState(deployment, context)),
  )
  return [reachable, ...(await Promise.all(relays))]
}

async function relayState(deployment: Deployment, context: Context): Promise<string> {
  await using stores = await openStores(deployment)
  const end = await withNats(deployment, (nats) => streamEnd(nats, context))
  await demandLastPublished(stores.of(context), end)
  let waiting = 0
  const filter = { streamPrefixes: [`${context}.`] }
  for await (const batch of stores.of(context).readAll({ after: end.position, filter })) {
    waiting += batch.filter(({ type }) => isPublic(context, type)).length
  }
  if (waiting === 0) return 'everything public is published'
  throw new Error(`${waiting} public events wait: is a process of ${context} running?`)
}

/** Whether JetStream holds exactly the public events of a context, in their order, each once. */
export async function compareRelay(
  deployment: Deployment,
  stores: Stores,
  context: Context,
): Promise<string> {
  const written: string[] = []
  const filter = { streamPrefixes: [`${context}.`] }
  for await (const batch of stores.of(context).readAll({ filter })) {
    for (const { id, type } of batch) if (isPublic(context, type)) written.push(id)
  }
  const published = await withNats(deployment, (nats) => idsIn(nats, context))
  const length = Math.max(written.length, published.length)
  for (let index = 0; index < length; index += 1) {
    if (written[index] === published[index]) continue
    throw new Error(
      `message ${index + 1} of ${jetStreamOf(context)} is ${published[index] ?? 'missing'}, ` +
        `written was ${written[index] ?? 'nothing more'}`,
    )
  }
  return `${written.length} public events, each published once, in order`
}

async function idsIn(nats: NatsConnection, context: Context): Promise<string[]> {
  const stream = jetStreamOf(context)
  const manager = await nats.jetstreamManager()
  const { state } = await manager.streams.info(stream)
  const ids: string[] = []
  if (state.messages === 0) return ids
  const { name } = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    mem_storage: true,
    inactive_threshold: 30_000_000_000,
  })
  try {
    const consumer = await nats.jetstream().consumers.get(stream, name)
    while (ids.length < state.messages) {
      const before = ids.length
      const messages = await consumer.fetch({ max_messages: fetchMax, expires: fetchWaitMs })
      for await (const message of messages) {
        ids.push(headerGetter(message.headers)('ce-id') ?? 'no event')
      }
      if (ids.length === before) throw new Error(`${stream} gave ${before} of ${state.messages}`)
    }
  } finally {
    await manager.consumers.delete(stream, name)
  }
  return ids
}
