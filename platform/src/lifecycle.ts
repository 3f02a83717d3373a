import process from 'node:process'
import type { Logger } from './telemetry/logger.ts'

/**
 * The order in which a process lets go: `intake` stops accepting and finishes what it accepted,
 * `work` stops projectors, reactions and timers, `connections` closes what all of them used.
 */
export const phases = ['intake', 'work', 'connections'] as const
export type Phase = (typeof phases)[number]

/**
 * Within a phase everything stops side by side; this is each phase's limit unless another is given.
 */
const phaseTimeoutMsDefault = 10_000

export interface Lifecycle {
  onStop(phase: Phase, name: string, stop: () => Promise<void> | void): void
  /** Runs the phases, once. Resolves with whether everything stopped cleanly and in time. */
  stop(): Promise<boolean>
  /**
   * Waits for SIGTERM, SIGINT or the parent's death, stops, and ends the process: 0 where all went
   * well, 1 where something failed or overran its limit. A second signal ends it at once. Something
   * thrown that nobody caught ends it at once too: what was acknowledged is durable anyway.
   */
  run(): Promise<void>
}

export interface LifecycleOptions {
  readonly logger: Logger
  readonly phaseTimeoutMs?: number
  /**
   * Stop when stdin or the IPC channel, held open by the process that started this one, closes; at
   * once where nothing runs yet, since a start may wait for servers that have gone with the parent.
   */
  readonly watchParent?: boolean
  /** For tests. */
  readonly exit?: (status: number) => void
}

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { logger, phaseTimeoutMs = phaseTimeoutMsDefault, watchParent = false } = options
  const exit = options.exit ?? ((status: number) => process.exit(status))
  const stops: { phase: Phase; name: string; stop: () => Promise<void> | void }[] = []
  let stopping: Promise<boolean> | undefined
  let isRunning = false
  const parentGone = watchParent ? untilParentGone() : undefined
  void parentGone?.then(() => {
    if (!isRunning) exit(1)
  })

  /** Whether it stopped, in time. */
  async function stopOne(name: string, stop: () => Promise<void> | void): Promise<boolean> {
    const overrun = Promise.withResolvers<'overrun'>()
    const timer = setTimeout(() => overrun.resolve('overrun'), phaseTimeoutMs)
    try {
      const outcome = await Promise.race([Promise.resolve().then(stop), overrun.promise])
      if (outcome === 'overrun')
        logger.error({ part: name, phaseTimeoutMs }, 'did not stop in time')
      return outcome !== 'overrun'
    } catch (error) {
      logger.error({ err: error, part: name }, 'failed to stop')
      return false
    } finally {
      clearTimeout(timer)
    }
  }

  async function stopAll(): Promise<boolean> {
    let clean = true
    for (const phase of phases) {
      const parts = stops.filter((part) => part.phase === phase)
      const stopped = await Promise.all(parts.map(({ name, stop }) => stopOne(name, stop)))
      clean &&= stopped.every(Boolean)
    }
    return clean
  }

  const lifecycle: Lifecycle = {
    onStop(phase, name, stop) {
      stops.push({ phase, name, stop })
    },

    stop() {
      stopping ??= stopAll()
      return stopping
    },

    async run() {
      isRunning = true
      const reason = await Promise.race([
        untilToldToStop({ logger, exit }),
        ...(parentGone ? [parentGone] : []),
      ])
      logger.info({ reason }, 'stopping')
      const clean = await lifecycle.stop()
      logger.info({ clean }, 'stopped')
      exit(clean ? 0 : 1)
    },
  }
  return lifecycle
}

interface Watch {
  readonly logger: Logger
  readonly exit: (status: number) => void
}

/** Resolves with the reason to stop. */
function untilParentGone(): Promise<string> {
  const gone = Promise.withResolvers<string>()
  const parentGone = () => gone.resolve('the parent process has ended')
  process.on('disconnect', parentGone)
  process.stdin.on('end', parentGone).on('close', parentGone).on('error', parentGone)
  process.stdin.resume()
  return gone.promise
}

/** Resolves with why the process should stop. */
function untilToldToStop({ logger, exit }: Watch): Promise<string> {
  const told = Promise.withResolvers<string>()
  let signals = 0
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      signals += 1
      if (signals > 1) exit(1)
      told.resolve(signal)
    })
  }
  const crash = (error: unknown) => {
    logger.fatal({ err: error }, 'crashed')
    exit(1)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  return told.promise
}
