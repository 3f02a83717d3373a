import path from 'node:path'
import { Command } from 'commander'
import type { Deployment } from '../deployment.ts'
import { signInAdministrator } from '../import/callers.ts'
import type { ImportRow, Outcome } from '../import/import-row.ts'
import { runImport } from '../import/import-run.ts'
import { openLedger, readOnlyLedger } from '../import/ledger.ts'
import { findOldFiles } from '../import/old-files.ts'
import { createPlatformClient } from '../import/platform-client.ts'
import { rollBack } from '../import/rollback.ts'
import { print, printList } from '../print.ts'

interface Options {
  readonly tenant: string
  readonly ledger?: string
  readonly dryRun?: boolean
  readonly rollback?: boolean
  readonly json?: boolean
}

/** `atrium import planners`: the users and projects of the planner platform before this one. */
export function importCommand(deployment: () => Promise<Deployment>): Command {
  const planners = new Command('planners')
    .description('users and projects of the old planner platform, from its data folder')
    .argument('<folder>', 'with users/users.json and the projects below it')
    .requiredOption('--tenant <id>', 'the tenant that takes them')
    .option('--dry-run', 'say what would be, and write nothing')
    .option('--rollback', 'take away again what was imported and nobody has signed in to')
    .option('--ledger <file>', 'where it is noted what was done, to go on after it or undo it')
    .option('--json', 'a JSON array')
    .action((folder: string, options: Options) => importPlanners(deployment, folder, options))
  return new Command('import')
    .description('bring over what other platforms hold')
    .addCommand(planners)
}

async function importPlanners(
  deployment: () => Promise<Deployment>,
  folder: string,
  options: Options,
) {
  const { tenant, dryRun = false, rollback = false, json = false } = options
  const file = options.ledger ?? path.join(folder, `atrium-import-${tenant}.jsonl`)
  const files = rollback ? undefined : await findOldFiles(folder)
  const administrator = await administratorOf(await deployment())
  await administrator.call({ method: 'GET', path: `/v1/tenants/${tenant}` })
  const ledger = dryRun ? await readOnlyLedger(file, tenant) : await openLedger(file, tenant)
  try {
    const rows = files
      ? await runImport({
          administrator,
          tenant,
          files,
          ledger,
          dryRun,
          now: new Date().toISOString(),
          progress: (words) => process.stderr.write(`${words}\n`),
        })
      : await rollBack({ administrator, tenant, ledger, dryRun })
    report(rows, json)
    if (rows.some(({ outcome }) => outcome === 'refused')) process.exitCode = 1
  } finally {
    await ledger.close()
  }
}

async function administratorOf({ gatewayUrl, administrator }: Deployment) {
  if (gatewayUrl === undefined) throw new Error('GATEWAY_URL is not set')
  if (administrator === undefined) {
    throw new Error('set ATRIUM_ADMIN_EMAIL and ATRIUM_ADMIN_PASSWORD')
  }
  return signInAdministrator(createPlatformClient(gatewayUrl), administrator)
}

function report(rows: readonly ImportRow[], json: boolean) {
  printList<ImportRow>({
    rows,
    json,
    none: 'nothing to import',
    columns: {
      what: (row) => row.kind,
      old: (row) => row.oldId,
      name: (row) => row.name,
      outcome: (row) => row.outcome,
      notes: (row) => row.notes.join('; '),
    },
  })
  if (json || rows.length === 0) return
  const counts = Map.groupBy(rows, ({ outcome }) => outcome)
  const words = [...counts].map(
    ([outcome, some]: [Outcome, ImportRow[]]) => `${some.length} ${outcome}`,
  )
  print(`\n${words.join(', ')}`)
}
