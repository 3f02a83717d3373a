import { isPublic } from '@atrium/contracts/catalog.ts'
import type { Database } from '../database/database.ts'
import type { DomainEvent } from '../decider/decider.ts'
import type { NewEvent } from '../event-store/port.ts'
import { createReactions, type Reactions } from '../reactions/reactions.ts'
import {
  defineReaction,
  type ReactedEvent,
  type ReactionDefinition,
} from '../reactions/reaction.ts'
import { createRelay } from '../relay/relay.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import {
  createTestContext,
  createTestNats,
  silent,
  type TestContext,
  type TestNats,
} from './messaging-context.ts'

/** What a test's reactions may use. */
export interface TestDeps {
  readonly handled: ReactedEvent<DomainEvent>[]
}

export type TestReaction = ReactionDefinition<DomainEvent, TestDeps>

/** Auth's store and relay, and the database of a context that reacts. */
export interface ReactionsContext {
  readonly nats: TestNats
  readonly auth: TestContext
  readonly instances: TestContext
  /** One more process that reacts. */
  process(
    definitions: readonly TestReaction[],
    deps: TestDeps,
    tracing?: Tracing,
  ): Promise<Reactions>
  /** Writes to one stream of auth; resolves with the position of the last public event. */
  write(stream: string, events: readonly NewEvent[]): Promise<number>
  inbox(): Promise<readonly InboxRow[]>
  close(): Promise<void>
}

export interface InboxRow {
  readonly reaction: string
  readonly stream: string
  readonly status: string
  readonly attempts: number
  readonly fault: string | null
}

export async function createReactionsContext(): Promise<ReactionsContext> {
  const [nats, auth, instances] = await Promise.all([
    createTestNats(),
    createTestContext('auth'),
    createTestContext('instances'),
  ])
  const started: { close(): Promise<void> }[] = []
  const relay = createRelay({
    context: 'auth',
    store: auth.store,
    nats: await nats.connect(),
    database: auth.database,
    logger: silent,
  })
  relay.start()
  return {
    nats,
    auth,
    instances,
    async process(definitions, deps, tracing) {
      const database: Database = await instances.replica()
      const connection = await nats.connect()
      const reactions = createReactions({
        context: 'instances',
        nats: connection,
        database,
        definitions,
        deps,
        logger: silent,
        ...(tracing ? { tracing } : {}),
      })
      started.push(reactions)
      reactions.start()
      return reactions
    },
    async write(stream, events) {
      const result = await auth.store.append(stream, events, 'any')
      if (result.status !== 'appended') throw new Error(`${stream} was not written`)
      const behind = [...events].reverse().findIndex(({ type }) => isPublic('auth', type))
      return result.position - Math.max(0, behind)
    },
    async inbox() {
      const { rows } = await instances.database.owner.query<InboxRow>(
        'select reaction, stream, status, attempts, fault from platform.inbox order by position',
      )
      return rows
    },
    async close() {
      await Promise.all(started.map((one) => one.close()))
      await relay.close()
      await Promise.all([auth.close(), instances.close()])
      await nats.close()
    },
  }
}

/** A reaction that notes what it handled, after what the test wants to happen. */
export const noting = (
  name: string,
  on: string | readonly string[],
  before: (event: ReactedEvent<DomainEvent>, signal: AbortSignal) => Promise<void> | void = () =>
    undefined,
  limits: { readonly timeoutMs?: number; readonly attemptsMax?: number } = {},
): TestReaction =>
  defineReaction<DomainEvent, TestDeps>({
    name,
    source: 'auth',
    on,
    timeoutMs: limits.timeoutMs ?? 5_000,
    attemptsMax: limits.attemptsMax ?? 3,
    async react(event, { handled }, signal) {
      await before(event, signal)
      handled.push(event)
      return { position: event.position, publicPosition: event.position }
    },
  })
