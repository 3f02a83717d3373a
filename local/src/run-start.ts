import { once } from 'node:events'
import { readConfig } from './config.ts'
import { startAtrium } from './start-atrium.ts'

/** A terminal's Ctrl-C reaches a process twice when npm passes it on as well. */
const echoMs = 1_000
/** What shells report for a program that Ctrl-C ended. */
const interruptedCode = 130

/**
 * `npm start`: starts everything, says where it is, and stops it in order at a signal, or when the
 * process that started this one ends. A second signal ends this process at once; what it leaves is
 * stopped by its guard.
 */
export async function runStart(root: string) {
  const told = new AbortController()
  listen(() => told.abort())
  try {
    const atrium = await startAtrium(readConfig(root), (line) => console.log(line), told.signal)
    console.log(`Atrium is ready: ${atrium.url}`)
    const failure = await Promise.race([aborted(told.signal), atrium.failed])
    console.log(failure ?? 'Stopping …')
    await atrium.stop()
    process.exit(failure === undefined ? 0 : 1)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    console.error(told.signal.aborted ? 'Stopped before everything was up.' : reason)
    process.exit(1)
  }
}

function listen(onTold: () => void) {
  let toldAt: number | undefined
  const tell = () => {
    if (toldAt !== undefined && Date.now() - toldAt > echoMs) process.exit(interruptedCode)
    toldAt ??= Date.now()
    onTold()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, tell)
  if (process.connected) process.on('disconnect', tell)
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort')
}
