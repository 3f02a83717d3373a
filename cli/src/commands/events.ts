import { definitionOf } from '@atrium/contracts/catalog.ts'
import { type Context, contexts } from '@atrium/contracts/context.ts'
import type { EventFilter, EventStore, RecordedEvent } from '@atrium/platform/event-store/port.ts'
import { Command, InvalidArgumentError, Option } from 'commander'
import { createCauses, type Causes } from '../causes.ts'
import type { Deployment } from '../deployment.ts'
import { openStores, type Stores } from '../open-stores.ts'
import { plainEvent, type PlainEvent } from '../plain-event.ts'
import { print, printList } from '../print.ts'

interface Selection {
  readonly context?: Context
  readonly tenant?: string
  readonly stream?: string
  readonly type?: string
}

interface ReadOptions extends Selection {
  readonly after: number
  readonly limit: number
  readonly data?: boolean
  readonly json?: boolean
}

/** `atrium events tail | read | count`: the log itself, of one context or all. */
export function eventsCommand(deployment: () => Promise<Deployment>): Command {
  const command = new Command('events').description('read the log: every event as it happened')
  selecting(command.command('tail'))
    .description('show each event as it is written, with its cause; ends with Ctrl-C')
    .option('--from-start', 'begin with the first event')
    .option('--data', 'show the data too (it may be personal)')
    .option('--json', 'one JSON object per line')
    .action((options: Selection & { fromStart?: boolean; data?: boolean; json?: boolean }) =>
      tail(deployment, options),
    )
  selecting(command.command('read'))
    .description('read events that were written, in order of position')
    .option('--after <position>', 'exclusive', whole, 0)
    .option('--limit <count>', 'at most this many', whole, 100)
    .option('--data', 'show the data too (it may be personal)')
    .option('--json', 'a JSON array')
    .action((options: ReadOptions) => read(deployment, options))
  selecting(command.command('count'))
    .description('count events by context and type')
    .option('--json', 'a JSON array')
    .action((options: Selection & { json?: boolean }) => count(deployment, options))
  return command
}

const selecting = (command: Command) =>
  command
    .addOption(new Option('--context <name>', 'of one context alone').choices(contexts))
    .option('--tenant <id>', 'of one tenant alone')
    .option('--stream <name>', 'of one stream alone')
    .option('--type <name>', 'of one type alone')

function whole(text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new InvalidArgumentError('a whole number from 0')
}

const filterOf = (context: Context, { stream, type }: Selection): EventFilter => ({
  streamPrefixes: [stream ?? `${context}.`],
  ...(type === undefined ? {} : { types: [type] }),
})

const isChosen = (event: RecordedEvent, { tenant, stream }: Selection) =>
  (stream === undefined || event.stream === stream) &&
  (tenant === undefined || event.metadata.tenant === tenant)

/** A stream is of one context alone, also where all contexts share one store. */
const chosenContexts = ({ context, stream }: Selection): readonly Context[] =>
  contexts.filter(
    (each) =>
      (context === undefined || context === each) &&
      (stream === undefined || stream.startsWith(`${each}.`)),
  )

async function tail(
  deployment: () => Promise<Deployment>,
  options: Selection & { fromStart?: boolean; data?: boolean; json?: boolean },
) {
  const stopped = new AbortController()
  process.once('SIGINT', () => stopped.abort())
  process.once('SIGTERM', () => stopped.abort())
  process.stdout.once('error', () => stopped.abort()) // the reader of a pipe has gone
  await using stores = await openStores(await deployment())
  const begins = await startsOf(stores, options.fromStart ?? false)
  const causes = createCauses((context) => stores.of(context), begins)

  const follow = async (context: Context, store: EventStore) => {
    const filter = filterOf(context, options)
    const after = begins[context]
    for await (const batch of store.subscribe({ after, filter, signal: stopped.signal })) {
      for (const event of batch.filter((one) => isChosen(one, options))) {
        print(options.json ? jsonOf(event) : await lineOf(context, event, causes, options.data))
        causes.note(context, event)
      }
    }
  }
  await Promise.all(chosenContexts(options).map((context) => follow(context, stores.of(context))))
}

/** Where each context's log is read from: its first event, or what is written from now on. */
async function startsOf(stores: Stores, fromStart: boolean): Promise<Record<Context, number>> {
  const starts = contexts.map(async (context) => {
    const filter = { streamPrefixes: [`${context}.`] }
    return [context, fromStart ? 0 : await stores.of(context).headPosition(filter)] as const
  })
  return Object.fromEntries(await Promise.all(starts)) as Record<Context, number>
}

/** One event on one line: when, where, what, by whom, because of what. */
async function lineOf(
  context: Context,
  event: RecordedEvent,
  causes: Causes,
  withData: boolean | undefined,
): Promise<string> {
  const { actor, causationId, commandId, correlationId } = event.metadata
  const visible = definitionOf(context, event.type)?.visibility === 'public' ? '' : ' (private)'
  const by = [actor.userId, actor.impersonatorId, actor.service]
    .filter((part) => part)
    .join(' via ')
  const cause =
    causationId === undefined
      ? `command ${commandId.slice(-12)}`
      : ((await causes.nameOf(event)) ?? `event ${causationId}`)
  return [
    event.recordedAt,
    `${context}#${event.position}`,
    `${event.type}${visible}`,
    event.stream,
    `by ${by || 'nobody'}`,
    `because of ${cause}`,
    `in ${correlationId}`,
    ...(withData ? [JSON.stringify(event.data)] : []),
  ].join('  ')
}

const jsonOf = (event: RecordedEvent) => JSON.stringify(plainEvent(event, true))

async function read(deployment: () => Promise<Deployment>, options: ReadOptions) {
  await using stores = await openStores(await deployment())
  const rows: PlainEvent[] = []
  for (const context of chosenContexts(options)) {
    const filter = filterOf(context, options)
    const found: RecordedEvent[] = []
    for await (const batch of stores.of(context).readAll({ after: options.after, filter })) {
      found.push(...batch.filter((event) => isChosen(event, options)))
      if (found.length >= options.limit) break
    }
    rows.push(...found.slice(0, options.limit).map((event) => plainEvent(event, options.data)))
  }
  printList<PlainEvent>({
    rows,
    json: options.json ?? false,
    none: 'no such events',
    columns: {
      time: (row) => row.recordedAt,
      position: (row) => row.position,
      type: (row) => row.type,
      stream: (row) => row.stream,
      revision: (row) => row.revision,
      id: (row) => row.id,
      ...(options.data ? { data: (row) => JSON.stringify(row.data) } : {}),
    },
  })
}

async function count(
  deployment: () => Promise<Deployment>,
  options: Selection & { json?: boolean },
) {
  await using stores = await openStores(await deployment())
  const rows: { context: Context; type: string; events: number }[] = []
  for (const context of chosenContexts(options)) {
    const byType = new Map<string, number>()
    for await (const batch of stores.of(context).readAll({ filter: filterOf(context, options) })) {
      for (const event of batch.filter((one) => isChosen(one, options))) {
        byType.set(event.type, (byType.get(event.type) ?? 0) + 1)
      }
    }
    for (const [type, events] of byType) rows.push({ context, type, events })
  }
  printList({
    rows,
    json: options.json ?? false,
    none: 'no events',
    columns: {
      context: (row) => row.context,
      type: (row) => row.type,
      events: (row) => row.events,
    },
  })
}
