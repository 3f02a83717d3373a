import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Command } from 'commander'
import type { Pool } from 'pg'
import type { Deployment } from '../deployment.ts'
import { print } from '../print.ts'
import { withDatabases } from '../with-databases.ts'

/** What the assets service found when it compared; the counts are of before a repair. */
interface Proof {
  readonly position: number
  readonly blobs: number
  readonly assets: number
  readonly orphans: number
  readonly missing: number
  readonly unsettled: number
  readonly leftovers: number
  readonly differences: number
  readonly repaired: boolean
}

/** Listing a large store takes its time. */
const timeoutMs = 3_600_000
const pollMs = 200

/**
 * `atrium assets verify`: has the running service compare its log, its read models and its blob
 * store; ends with status 1 where they do not agree.
 */
export function assetsCommand(deployment: () => Promise<Deployment>): Command {
  const command = new Command('assets').description('the bytes that the assets service keeps')
  command
    .command('verify')
    .description('prove that the blob store has what the log says, no more and no less')
    .option('--repair', 'remove what is too much, and give up what is lost')
    .option('--json', 'one JSON object')
    .action(async ({ repair = false, json = false }: { repair?: boolean; json?: boolean }) => {
      const [proof] = await withDatabases(
        await deployment(),
        ({ pool }) => requestProof(pool, repair),
        ['assets'],
      )
      if (!proof) throw new Error('no proof came back')
      print(json ? JSON.stringify(proof, undefined, 2) : sentenceOf(proof))
      if (proof.orphans + proof.missing + proof.differences > 0) process.exitCode = 1
    })
  return command
}

async function requestProof(pool: Pool, repair: boolean): Promise<Proof> {
  const id = randomUUID()
  await pool.query('insert into assets.proof_request (id, repair) values ($1, $2)', [id, repair])
  const end = performance.now() + timeoutMs
  while (performance.now() < end) {
    const { rows } = await pool.query<{ report: Proof | null; fault: string | null }>(
      'select report, fault from assets.proof_request where id = $1 and completed_at is not null',
      [id],
    )
    const [answer] = rows
    if (answer?.report) return answer.report
    if (answer) throw new Error(answer.fault ?? 'the proof failed')
    await delay(pollMs)
  }
  throw new Error('the proof did not end: is the assets service running?')
}

function sentenceOf(proof: Proof): string {
  const { orphans, missing, unsettled, leftovers, differences } = proof
  const { blobs, assets, position, repaired } = proof
  const found = [
    `${orphans} orphans, ${missing} missing`,
    ...(differences > 0 ? [`${differences} rows that differ from a replay`] : []),
    ...(unsettled > 0 ? [`${unsettled} that an upload may be about to hold`] : []),
    ...(leftovers > 0 ? [`${leftovers} derived pictures that nobody noted, removed`] : []),
  ].join(', ')
  const mended = repaired ? '; mended as far as it can be' : ''
  return `${found} (${blobs} blobs, ${assets} assets, at position ${position})${mended}`
}
