import { recordOf } from '@atrium/platform/servers/process-record.ts'
import {
  type RunFile,
  type RunningProcess,
  writeRunFile,
} from '@atrium/platform/servers/run-file.ts'
import type { ServerProcess } from '@atrium/platform/servers/server-process.ts'

/** Keeps the run file true while processes come and go. */
export type RunNotes = {
  readonly url: string
  /** A process runs now, for the first time or in place of one that ended. */
  runs(name: string, server: ServerProcess, url: string): Promise<void>
  describe(places: Places): void
  is(state: RunFile['state']): Promise<void>
}

/** Where everything is, in the words of the run file. */
export type Places = Pick<RunFile, 'postgresUrl' | 'natsUrl' | 'contexts'> & {
  readonly eventStoreDbUrl: string | undefined
  readonly mailFolder: string | undefined
}

export function createRunNotes(dataFolder: string, url: string, guardPid: number): RunNotes {
  const starter = recordOf(process.pid)
  const guard = recordOf(guardPid)
  if (!starter || !guard) throw new Error('This process does not find itself.')
  let content: RunFile = {
    state: 'starting',
    starter,
    guard,
    url,
    processes: {},
    postgresUrl: '',
    natsUrl: '',
    contexts: {},
  }
  let writing = Promise.resolve()

  /** One write after the other: the last content is what stays. */
  function write() {
    writing = writing.then(() => writeRunFile(dataFolder, content))
    return writing
  }

  return {
    url,
    runs(name, { pid, startedAt, logFile }, processUrl) {
      const running: RunningProcess = { pid, startedAt, url: processUrl, logFile }
      content = { ...content, processes: { ...content.processes, [name]: running } }
      return write()
    },
    describe({ eventStoreDbUrl, mailFolder, ...places }) {
      content = {
        ...content,
        ...places,
        ...(eventStoreDbUrl === undefined ? {} : { eventStoreDbUrl }),
        ...(mailFolder === undefined ? {} : { mailFolder }),
      }
    },
    is(state) {
      content = { ...content, state }
      return write()
    },
  }
}
