import type { Platform } from './platform.ts'
import type { Random } from './random.ts'
import { stepNames, type Step, type StepWatch } from './steps.ts'
import { until } from './until.ts'

/**
 * Who is killed. Each context's relay, projections and reactions run in its service's process and
 * die with it: `auth` right after a registration is the relay with a message that was not sent.
 */
export const victims = ['auth', 'instances', 'gateway', 'nats', 'postgres'] as const
export type Victim = (typeof victims)[number]

export interface Kill {
  readonly victim: Victim
  readonly after: Step
}

/**
 * Steps are seen within milliseconds under load; one that is not comes from a platform that stands.
 */
const stepTimeoutMs = 60_000
const recoveryLimits = { attemptsMax: 480, pauseMs: 250 }
const calmMs = 500

/** Every victim after every step once, in the seed's order. */
export function planKills(random: Random, chosen: readonly Victim[] = victims): Kill[] {
  const all = chosen.flatMap((victim) => stepNames.map((after) => ({ victim, after })))
  return all
    .map((kill) => ({ kill, place: random.below(2 ** 31) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ kill }) => kill)
}

/**
 * Waits for the step, kills the victim with SIGKILL, and waits until the platform has recovered.
 */
export async function killOnce(platform: Platform, watch: StepWatch, { victim, after }: Kill) {
  const running = await platform.runFile()
  const target = running.processes[victim]
  if (!target) throw new Error(`${victim} does not run here`)
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`${after} was not seen`)), stepTimeoutMs)
    watch.next(after, () => {
      clearTimeout(limit)
      process.kill(target.pid, 'SIGKILL')
      resolve()
    })
  })
  await untilRecovered(platform, victim, target.pid)
  await new Promise((resolve) => setTimeout(resolve, calmMs))
}

/** Until another process stands in the place of the killed one, and the platform answers. */
export async function untilRecovered(platform: Platform, victim: string, pid: number) {
  const recovered = await until(
    async () => {
      const now = (await platform.runFile()).processes[victim]
      return now?.pid !== pid && (await platform.isHealthy())
    },
    Boolean,
    recoveryLimits,
  )
  if (!recovered) throw new Error(`no recovery from the kill of ${victim}`)
}
