import { randomBytes } from 'node:crypto'
import { killOnce, planKills, type Victim } from './kills.ts'
import { startLoad } from './load.ts'
import { startPlatform } from './platform.ts'
import { prove, type Proof } from './proof.ts'
import { createRandom } from './random.ts'
import { watchSteps } from './steps.ts'
import { until } from './until.ts'

export interface RunOptions {
  /** The same seed kills the same processes after the same steps. */
  readonly seed: string
  /** The first so many of the plan; all of it where absent. */
  readonly killsMax?: number
  readonly victims?: readonly Victim[]
  readonly report: (line: string) => void
}

/** People who sign up at once: enough that something is always between two steps. */
const loadWidth = 4
const settleLimits = { attemptsMax: 240, pauseMs: 250 }

/** One run: a platform of its own, people signing up, the kills of the plan, then the proof. */
export async function runFaults(options: RunOptions): Promise<Proof> {
  const { seed, killsMax = Infinity, victims, report } = options
  const plan = planKills(createRandom(seed), victims).slice(0, killsMax)
  const platform = await startPlatform()
  try {
    const watch = await watchSteps(await platform.runFile())
    const load = startLoad(platform.url, randomBytes(4).toString('hex'), loadWidth)
    try {
      for (const [index, kill] of plan.entries()) {
        report(`${index + 1}/${plan.length} kill -9 ${kill.victim} after ${kill.after}`)
        await killOnce(platform, watch, kill)
      }
    } finally {
      await load.stop()
      await watch.close()
    }
    await until(platform.isHealthy, Boolean, settleLimits)
    report(`proving over ${load.signUps.length} people`)
    return await prove(platform, load.signUps)
  } finally {
    await platform.stop()
  }
}
