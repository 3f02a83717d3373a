import { setTimeout as pause } from 'node:timers/promises'
import type { ServerProcess } from '@atrium/platform/servers/server-process.ts'

export type Supervised = {
  readonly name: string
  /** The process that runs now, or ran last. */
  current(): ServerProcess
  /** Stops it, and does not start it again. */
  stop(): Promise<void>
}

export type Supervision = {
  /** Starts the process and waits until it is ready; fails when it does not get there. */
  readonly start: (signal: AbortSignal) => Promise<ServerProcess>
  readonly onGivenUp: (reason: string) => void
  readonly print: (line: string) => void
}

const firstPauseMs = 100
const longestPauseMs = 3_000
/** In a row, without getting ready. */
const failedStartsMax = 6
/** Within the window, ready or not: something that keeps crashing is not kept alive for ever. */
const restartsMax = 60
const windowMs = 60_000

/** Starts a process, fails if it does not get ready, and starts it again whenever it ends. */
export async function supervise(name: string, supervision: Supervision): Promise<Supervised> {
  const stopping = new AbortController()
  let current = await supervision.start(stopping.signal)
  const watching = watch()

  async function watch() {
    let restarts: number[] = []
    while (!stopping.signal.aborted) {
      const reason = await current.ended
      if (stopping.signal.aborted) return
      restarts = [...restarts.filter((at) => Date.now() - at < windowMs), Date.now()]
      supervision.print(`${name} ${reason} and is started again; its log is ${current.logFile}.`)
      const isBack = restarts.length <= restartsMax && (await startAgain())
      if (!isBack && !stopping.signal.aborted) {
        supervision.onGivenUp(`${name} does not stay up: see ${current.logFile}.`)
        return
      }
    }
  }

  async function startAgain() {
    for (let failures = 0; failures < failedStartsMax; failures++) {
      await pause(Math.min(firstPauseMs * 2 ** failures, longestPauseMs))
      if (stopping.signal.aborted) return false
      try {
        current = await supervision.start(stopping.signal)
        return true
      } catch (error) {
        if (stopping.signal.aborted) return false
        supervision.print(error instanceof Error ? error.message : String(error))
      }
    }
    return false
  }

  return {
    name,
    current: () => current,
    async stop() {
      stopping.abort()
      await current.stop()
      await watching
      await current.stop() // one that was being started meanwhile
    },
  }
}
