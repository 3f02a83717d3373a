import { contexts } from '@atrium/contracts/context.ts'
import {
  dropParked,
  listParked,
  retryParked,
  showParked,
} from '@atrium/platform/reactions/operate.ts'
import {
  dropParkedProjectionEvent,
  listParkedProjectionEvents,
  retryParkedProjectionEvent,
} from '@atrium/platform/projections/operate.ts'
import { Command } from 'commander'
import type { Deployment } from '../deployment.ts'
import { openStores } from '../open-stores.ts'
import { plainEvent, type PlainEvent } from '../plain-event.ts'
import { print, printList } from '../print.ts'
import { type ContextDatabase, withDatabases } from '../with-databases.ts'

/**
 * What waits for a person: events that a reaction or a projection could not handle. Both hold the
 * later events of the same aggregate alone.
 */
interface Parked extends Readonly<Record<string, unknown>> {
  /** `<context>/<reaction or projection>/<event id>`: names it in every command. */
  readonly id: string
  readonly kind: 'reaction' | 'projection'
  readonly tenant: string
  readonly stream: string
  readonly position: number
  /** Of a projection's: where the event lies in its stream. */
  readonly revision?: number
  readonly attempts: number
  readonly waiting: number
  readonly fault: string
}

export function parkedCommand(deployment: () => Promise<Deployment>): Command {
  const command = new Command('parked').description('events that wait for a person')
  command
    .command('list')
    .description('list them, with what waits behind each')
    .option('--json', 'a JSON array')
    .action(async ({ json = false }: { json?: boolean }) => {
      const rows = (await withDatabases(await deployment(), listOf)).flat()
      printList<Parked>({
        rows,
        json,
        none: 'nothing is parked',
        columns: {
          id: (row) => row.id,
          kind: (row) => row.kind,
          tenant: (row) => row.tenant,
          stream: (row) => row.stream,
          attempts: (row) => row.attempts,
          waiting: (row) => row.waiting,
          fault: (row) => row.fault.slice(0, 80),
        },
      })
    })
  command
    .command('show <id>')
    .description('show one with its event (it may hold personal data)')
    .action(async (id: string) => print(JSON.stringify(await show(deployment, id), undefined, 2)))
  command
    .command('retry <id>')
    .description('try it again; what waits behind it follows in order')
    .action((id: string) => settle(deployment, id, 'retry'))
  command
    .command('drop <id>')
    .description('give it up for good; what waits behind it follows in order')
    .action((id: string) => settle(deployment, id, 'drop'))
  return command
}

async function listOf({ context, pool }: ContextDatabase): Promise<Parked[]> {
  const reactions = await listParked(pool)
  const projections = await listParkedProjectionEvents(pool)
  return [
    ...reactions.map((row) => ({
      ...row,
      id: `${context}/${row.reaction}/${row.eventId}`,
      kind: 'reaction' as const,
    })),
    ...projections.map((row) => ({
      ...row,
      id: `${context}/${row.projection}/${row.eventId}`,
      kind: 'projection' as const,
      waiting: row.held,
      fault: row.error,
    })),
  ]
}

/** The parked event that an id names. Throws in words where there is none. */
async function find(
  deployment: Deployment,
  id: string,
): Promise<Parked & { readonly name: string }> {
  const parked = (await withDatabases(deployment, listOf)).flat().find((row) => row.id === id)
  if (!parked) throw new Error(`nothing is parked as ${id}; see: atrium parked list`)
  return { ...parked, name: id.split('/')[1] ?? '' }
}

const contextOf = (id: string) => id.split('/')[0]

async function show(deployment: () => Promise<Deployment>, id: string): Promise<unknown> {
  const where = await deployment()
  const parked = await find(where, id)
  if (parked.kind === 'projection') {
    const { name: _, ...row } = parked
    return { ...row, event: await eventOf(where, parked) }
  }
  const shown = await withDatabases(where, ({ context, pool }) =>
    context === contextOf(id)
      ? showParked(pool, { reaction: parked.name, eventId: id.split('/')[2] ?? '' })
      : Promise.resolve(undefined),
  )
  return shown.find((row) => row !== undefined)
}

/** No copy of it is kept beside a projection: it is read from the log. */
async function eventOf(
  where: Deployment,
  { id, stream, revision = 0 }: Parked,
): Promise<PlainEvent | undefined> {
  const context = contexts.find((known) => known === contextOf(id))
  if (!context) return undefined
  await using stores = await openStores(where)
  for await (const event of stores.of(context).readStream(stream, { from: revision, limit: 1 })) {
    return plainEvent(event, true)
  }
  return undefined
}

async function settle(
  deployment: () => Promise<Deployment>,
  id: string,
  how: 'retry' | 'drop',
): Promise<void> {
  const where = await deployment()
  const { kind, name, position } = await find(where, id)
  const key = { reaction: name, eventId: id.split('/')[2] ?? '' }
  const settled = await withDatabases(where, ({ context, pool }) => {
    if (context !== contextOf(id)) return Promise.resolve(false)
    if (kind === 'reaction') return (how === 'retry' ? retryParked : dropParked)(pool, key)
    const ofProjection = how === 'retry' ? retryParkedProjectionEvent : dropParkedProjectionEvent
    return ofProjection(pool, name, position)
  })
  if (!settled.includes(true)) throw new Error(`${id} is not parked any more`)
  print(how === 'retry' ? `${id} is tried again` : `${id} is dropped`)
}
