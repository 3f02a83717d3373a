import { Command } from 'commander'
import { checkDatabases } from '../checks/database.ts'
import type { Finding } from '../checks/finding.ts'
import { checkNats } from '../checks/nats.ts'
import { checkProjections, checkReactions } from '../checks/projections.ts'
import { checkEventStores, checkProcesses } from '../checks/services.ts'
import type { Deployment } from '../deployment.ts'
import { printFindings } from '../print-findings.ts'

/**
 * `atrium doctor`: asks every dependency and says what is wrong. Ends with 1 where something is.
 */
export function doctorCommand(deployment: () => Promise<Deployment>): Command {
  return new Command('doctor')
    .description('check every dependency and say what is wrong')
    .option('--json', 'a JSON array')
    .action(async ({ json = false }: { json?: boolean }) => {
      const where = await deployment()
      const findings: Finding[] = (
        await Promise.all([
          checkDatabases(where),
          checkEventStores(where),
          checkNats(where),
          checkProcesses(where),
          checkProjections(where),
          checkReactions(where),
        ])
      ).flat()
      printFindings(findings, json)
    })
}
