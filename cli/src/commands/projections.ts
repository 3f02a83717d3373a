import { type Context, contexts } from '@atrium/contracts/context.ts'
import {
  listProjections,
  requestRebuild,
  requestRollback,
  type ProjectionStatus,
} from '@atrium/platform/projections/operate.ts'
import { Command, Option } from 'commander'
import type { Deployment } from '../deployment.ts'
import { openStores } from '../open-stores.ts'
import { print, printList } from '../print.ts'
import { withDatabases } from '../with-databases.ts'

interface Row extends Readonly<Record<string, unknown>> {
  readonly context: Context
  readonly name: string
  readonly version: number
  readonly generation: number
  readonly status: ProjectionStatus['status']
  readonly position: number
  /** Events of the context that it has not handled; 0 when it is up to date. */
  readonly behind: number
  readonly parked: number
  readonly requested: string | null
}

export function projectionsCommand(deployment: () => Promise<Deployment>): Command {
  const command = new Command('projections').description('the read models of all contexts')
  command
    .command('list')
    .description('list each generation with how far it is')
    .option('--json', 'a JSON array')
    .action(async ({ json = false }: { json?: boolean }) => {
      printList<Row>({
        rows: await rowsOf(await deployment()),
        json,
        none: 'no projection has run yet',
        columns: {
          projection: (row) => `${row.context}/${row.name}`,
          version: (row) => row.version,
          generation: (row) => row.generation,
          status: (row) => row.status,
          position: (row) => row.position,
          behind: (row) => row.behind,
          parked: (row) => row.parked,
          requested: (row) => row.requested,
        },
      })
    })
  naming(
    command,
    'rebuild',
    'build it anew beside the live one and switch when it has caught up',
  ).action((name: string, { context }: { context?: Context }) =>
    request(deployment, name, context, requestRebuild),
  )
  naming(command, 'rollback', 'go back to the generation that was live before').action(
    (name: string, { context }: { context?: Context }) =>
      request(deployment, name, context, requestRollback),
  )
  return command
}

const naming = (command: Command, verb: string, description: string) =>
  command
    .command(`${verb} <name>`)
    .description(description)
    .addOption(new Option('--context <name>', 'where two have the same name').choices(contexts))

/** Every generation of every projection, with the distance to the end of its context's log. */
export async function rowsOf(deployment: Deployment): Promise<Row[]> {
  await using stores = await openStores(deployment)
  const rows = await withDatabases(deployment, async ({ context, pool }) => {
    const head = await stores.of(context).headPosition({ streamPrefixes: [`${context}.`] })
    const listed = await listProjections(pool)
    return listed.map((row) => ({ ...row, context, behind: Math.max(0, head - row.position) }))
  })
  return rows.flat()
}

async function request(
  deployment: () => Promise<Deployment>,
  name: string,
  chosen: Context | undefined,
  ask: typeof requestRebuild,
): Promise<void> {
  const where = await deployment()
  const holding = (await rowsOf(where)).filter((row) => row.name === name)
  const found = [...new Set(holding.map(({ context }) => context))].filter(
    (context) => chosen === undefined || chosen === context,
  )
  if (found.length === 0) throw new Error(`there is no projection ${name}`)
  if (found.length > 1) throw new Error(`${name} is in ${found.join(' and ')}: add --context`)
  await withDatabases(where, ({ pool }) => ask(pool, name), found)
  print(`asked for; see: atrium projections list`)
}
