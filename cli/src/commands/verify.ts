import { contexts } from '@atrium/contracts/context.ts'
import { Command } from 'commander'
import { finding, type Finding } from '../checks/finding.ts'
import { compareRelay } from '../checks/nats.ts'
import { compareWithReplay } from '../checks/replay.ts'
import type { Deployment } from '../deployment.ts'
import { openStores } from '../open-stores.ts'
import { printFindings } from '../print-findings.ts'

/** A replay of everything may take its time. */
const timeoutMs = 600_000

/**
 * `atrium verify`: proves that what is derived agrees with the log: JetStream holds each public
 * event once, in order, and each read model equals one that is built anew from the first event.
 */
export function verifyCommand(deployment: () => Promise<Deployment>): Command {
  return new Command('verify')
    .description('prove that streams and read models agree with the log; rebuilds every read model')
    .option('--json', 'a JSON array')
    .action(async ({ json = false }: { json?: boolean }) => {
      const where = await deployment()
      await using stores = await openStores(where)
      const findings: Finding[] = []
      for (const context of contexts) {
        findings.push(
          await finding(`${context} stream`, () => compareRelay(where, stores, context), timeoutMs),
          ...(await compareWithReplay(where, context, timeoutMs)),
        )
      }
      printFindings(findings, json)
    })
}
