import { randomBytes } from 'node:crypto'
import { startPlatform } from '../platform.ts'
import { createRandom } from '../random.ts'
import { killPdf, planPdfKills } from './kills.ts'
import { askForJobs, signUp } from './load.ts'
import { openJobLog } from './log.ts'
import { provePdf } from './proof.ts'

export interface PdfRunOptions {
  /** The same seed asks for the same jobs, and kills after the same events. */
  readonly seed: string
  readonly jobs: number
  readonly kills: number
  readonly report: (line: string) => void
}

export interface PdfProof {
  readonly faults: readonly string[]
  readonly jobs: number
  /** Renders begun beyond one for each job: what the kills met. */
  readonly repeats: number
}

const peopleCount = 5
const askingWidth = 4
const endLimitMs = 600_000

/**
 * Settings under which the run sees within a minute what else takes a day: bytes that a worker
 * left between storing them and saying so.
 */
const settings = {
  PDF_JOBS_PER_DAY_MAX: '100000',
  PDF_LET_GO_INTERVAL_SECONDS: '1',
  PDF_COMPARE_INTERVAL_SECONDS: '5',
  PDF_UNSETTLED_SECONDS: '60',
}

/** One run: a platform of its own, jobs asked for and rendered under kills, then the proof. */
export async function runPdfFaults(options: PdfRunOptions): Promise<PdfProof> {
  const { seed, jobs, kills, report } = options
  const random = createRandom(seed)
  const platform = await startPlatform(settings)
  try {
    const log = await openJobLog(platform)
    try {
      const [first, ...others] = await Promise.all(
        Array.from({ length: peopleCount }, () =>
          signUp(platform.url, `${randomBytes(4).toString('hex')}@example.com`),
        ),
      )
      if (!first) throw new Error('nobody has signed up')
      const plan = planPdfKills(random, jobs, kills)
      const asking = askForJobs(random, [first, ...others], jobs, askingWidth)
      asking.catch(() => {}) // told below
      for (const [index, kill] of plan.entries()) {
        const isMet = await killPdf(platform, log, kill, random)
        const { victim, after } = kill
        const what = `${victim} after ${after.count} ${after.type}`
        report(`${index + 1}/${plan.length} kill -9 ${what}${isMet ? '' : ': none ran'}`)
      }
      const asked = await asking
      await log.reached('PdfCompleted', jobs, endLimitMs)
      report(`proving over ${jobs} jobs`)
      const faults = await provePdf(platform, log, asked)
      const repeats = log.count('PdfStarted') - log.count('PdfCompleted')
      return { faults, jobs: log.count('PdfCompleted'), repeats }
    } finally {
      await log.close()
    }
  } finally {
    await platform.stop()
  }
}
