import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@atrium/platform/database/database.ts'
import { createLeadership, type Leadership } from '@atrium/platform/database/leadership.ts'
import { newCommandId } from '@atrium/platform/identifier.ts'
import type { Migration } from '@atrium/platform/database/migrate.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import type { Proof } from '../proof.ts'
import { proofStream, prove, type ProofRequest, type ProveDeps } from './prove.ts'

export interface ProverOptions extends ProveDeps {
  readonly database: Database
  /** Between two proofs that nobody asked for. */
  readonly intervalMs: number
  readonly logger: Logger
}

/** The table in which an operator's command asks for a proof. */
export const proofMigration: Migration = {
  name: 'assets/proof-request',
  file: new URL('request.sql', import.meta.url),
}

/** How often it looks for a request, and whether it is time. */
const lookEveryMs = 1_000

/** Proves when it is asked to, and every night, in one process of all replicas. */
export function createProver(options: ProverOptions) {
  const { database, proofs, intervalMs, logger } = options
  let leadership: Leadership | undefined

  async function lead(signal: AbortSignal) {
    while (!signal.aborted) {
      try {
        const request = await nextRequest(database)
        if (request) await answer(request)
        else if (await isTime()) await run({ proofId: newCommandId(), repair: false })
      } catch (error) {
        logger.warn({ err: error }, 'no proof could be made; it is tried again')
        await delay(lookEveryMs, undefined, { signal }).catch(() => undefined)
      }
      await delay(lookEveryMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async function isTime(): Promise<boolean> {
    const { state } = await proofs.load(proofStream.tenant, proofStream.id)
    return !state.last || Date.now() - Date.parse(state.last.completedAt) >= intervalMs
  }

  async function answer(request: ProofRequest): Promise<void> {
    try {
      const report = await run(request)
      await complete(database, request, { report })
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error)
      await complete(database, request, { fault })
    }
  }

  async function run(request: ProofRequest): Promise<Proof> {
    const proof = await prove(options, request)
    const isWhole = proof.orphans + proof.missing + proof.differences === 0
    if (isWhole) logger.info(proof, `${proof.orphans} orphans, ${proof.missing} missing`)
    else logger.error(proof, 'blob store, read models and log do not agree')
    return proof
  }

  return {
    start() {
      leadership ??= createLeadership({ database, name: 'assets prover', logger, lead })
    },
    close: async () => leadership?.close(),
  }
}

async function nextRequest({ owner }: Database): Promise<ProofRequest | undefined> {
  const { rows } = await owner.query<{ readonly id: string; readonly repair: boolean }>(
    `select id, repair from assets.proof_request
      where completed_at is null order by requested_at limit 1`,
  )
  return rows[0] && { proofId: rows[0].id, repair: rows[0].repair }
}

async function complete(
  { owner }: Database,
  { proofId }: ProofRequest,
  { report, fault }: { readonly report?: Proof; readonly fault?: string },
): Promise<void> {
  await owner.query(
    `update assets.proof_request
        set report = $2, fault = $3, completed_at = clock_timestamp() where id = $1`,
    [proofId, report ? JSON.stringify(report) : null, fault ?? null],
  )
}
