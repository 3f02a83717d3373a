import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { get } from '../load.ts'
import { root, type Platform } from '../platform.ts'
import { proveDerived } from '../proof.ts'
import { until } from '../until.ts'
import type { Uploaded } from './load.ts'

const askLimits = { attemptsMax: 40, pauseMs: 250 }
/** The collector has its rounds first. */
const verifyLimits = { attemptsMax: 30, pauseMs: 1_000 }

interface AssetSaid {
  readonly id?: string
  readonly sha256?: string
  readonly sizeBytes?: number
}

/**
 * Proves that each upload of which a client was told that it is finished is an asset with the same
 * bytes, and that blob store, read models and logs agree. Resolves with every fault.
 */
export async function proveUploads(
  platform: Platform,
  uploads: readonly Uploaded[],
): Promise<readonly string[]> {
  const faults: string[] = []
  for (const { accessToken, assetId, sha256, sizeBytes } of uploads) {
    const found = await until(
      () => get(platform.url, `/v1/assets/${assetId}`, accessToken, null),
      (reply) => reply?.status === 200,
      askLimits,
    )
    const asset = found?.body as AssetSaid | undefined
    if (asset?.sha256 !== sha256 || asset.sizeBytes !== sizeBytes) {
      faults.push(`${assetId}: ${found?.status} ${JSON.stringify(asset)}`)
    }
  }
  if (uploads.length === 0) faults.push('nothing was uploaded')
  faults.push(...(await proveBytes(platform)))
  faults.push(...(await proveDerived(platform)))
  return faults
}

/** `atrium assets verify`: 0 orphans, 0 missing, and nothing that could still become one. */
async function proveBytes({ dataFolder }: Platform): Promise<string[]> {
  const env = { ...process.env, ATRIUM_DATA: dataFolder }
  const command = ['cli/src/main.ts', 'assets', 'verify', '--json']
  const verify = async () => {
    const run = promisify(execFile)(process.execPath, command, { cwd: root, env })
    const { stdout } = await run.catch((error: unknown) => error as { stdout: string })
    const proof = JSON.parse(stdout) as Record<string, number>
    const wrong = ['orphans', 'missing', 'differences', 'unsettled'].filter(
      (kind) => proof[kind] !== 0,
    )
    return { wrong, stdout }
  }
  const { wrong, stdout } = await until(verify, (found) => found.wrong.length === 0, verifyLimits)
  return wrong.length === 0 ? [] : [`assets verify: ${stdout}`]
}
