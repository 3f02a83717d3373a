import { randomBytes } from 'node:crypto'
import { untilRecovered } from '../kills.ts'
import { startPlatform, type Platform } from '../platform.ts'
import { createRandom, type Random } from '../random.ts'
import { startUploads, type Uploads } from './load.ts'
import { proveUploads } from './proof.ts'

export interface UploadsRunOptions {
  /** The same seed kills the same processes after as many pieces. */
  readonly seed: string
  readonly kills: number
  readonly report: (line: string) => void
}

export interface UploadsOutcome {
  readonly faults: readonly string[]
  readonly uploads: number
}

const victims = ['assets', 'assets', 'assets', 'gateway', 'postgres'] as const
const piecesBetweenMax = 12
const pieceTimeoutMs = 120_000

/** Room for all of a run, and a collector that is seen to work. */
const settings = {
  FREE_TIER_BYTES_MAX: String(2 ** 40),
  ASSETS_COLLECT_INTERVAL_SECONDS: '1',
  // Whatever nothing holds for so long is an orphan.
  ASSETS_UNSETTLED_SECONDS: '10',
}

/** One run: a platform of its own, people who upload by tus under kills, then the proof. */
export async function runUploadFaults(options: UploadsRunOptions): Promise<UploadsOutcome> {
  const { seed, kills, report } = options
  const random = createRandom(seed)
  const platform = await startPlatform(settings)
  try {
    const uploads = await startUploads(platform.url, randomBytes(4).toString('hex'))
    try {
      for (let kill = 1; kill <= kills; kill += 1) {
        const victim = await killAmong(platform, uploads, random)
        report(`${kill}/${kills} kill -9 ${victim}, ${uploads.pieces()} pieces so far`)
      }
    } finally {
      await uploads.stop()
    }
    report(`proving over ${uploads.done.length} uploads`)
    return {
      faults: [...uploads.faults, ...(await proveUploads(platform, uploads.done))],
      uploads: uploads.done.length,
    }
  } finally {
    await platform.stop()
  }
}

/** After some more pieces, wherever the other uploads are then. */
async function killAmong(platform: Platform, uploads: Uploads, random: Random): Promise<string> {
  const victim = random.pick(victims)
  const running = (await platform.runFile()).processes[victim]
  if (!running) throw new Error(`${victim} does not run here`)
  await uploads.reached(uploads.pieces() + 1 + random.below(piecesBetweenMax), pieceTimeoutMs)
  process.kill(running.pid, 'SIGKILL')
  await untilRecovered(platform, victim, running.pid)
  return victim
}
