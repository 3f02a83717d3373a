import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { randomUUID } from 'node:crypto'

/*
 * What an import has done, line by line, each on the disk before the next step: after a kill the
 * import goes on where it was, and a rollback knows what to undo.
 */

export type LedgerEntry =
  | { readonly entry: 'run-begun'; readonly runId: string; readonly tenant: string }
  | { readonly entry: 'user-imported'; readonly oldId: string; readonly userId: string }
  /** Written before the project is: it may exist where nothing follows. */
  | { readonly entry: 'project-begun'; readonly oldId: string; readonly userId: string }
  | {
      readonly entry: 'project-created'
      readonly oldId: string
      readonly instanceId: string
      readonly projectId: string
    }
  | { readonly entry: 'project-imported'; readonly oldId: string }
  /** It could not be finished, and is not there. */
  | { readonly entry: 'project-withdrawn'; readonly oldId: string }
  | { readonly entry: 'user-removed'; readonly userId: string }
  | { readonly entry: 'run-rolled-back'; readonly runId: string }

export interface Ledger {
  readonly runId: string
  /** By their old ids. */
  readonly users: ReadonlyMap<string, string>
  readonly projects: ReadonlyMap<string, LedgerProject>
  /** Of the accounts that a rollback took away. */
  readonly removed: ReadonlySet<string>
  note(entry: LedgerEntry): Promise<void>
  close(): Promise<void>
}

export interface LedgerProject {
  readonly userId: string
  /** Counts its beginnings: after one that was withdrawn the next is another command. */
  readonly attempt: number
  readonly isWithdrawn: boolean
  readonly created: { readonly instanceId: string; readonly projectId: string } | undefined
  readonly isImported: boolean
}

/** The newest import in that file, or a new one. Throws where it is of another tenant. */
export async function openLedger(file: string, tenant: string): Promise<Ledger> {
  const state = await readLedger(file)
  if (state.run && state.run.tenant !== tenant) throw otherTenant(file, state.run.tenant)
  const handle = await open(file, 'a', 0o600)
  // A line that a kill left half written ends here.
  await handle.appendFile('\n')
  const runId = state.run?.runId ?? randomUUID()
  const note = async (entry: LedgerEntry) => {
    apply(state, entry)
    await handle.appendFile(`${JSON.stringify(entry)}\n`)
    await handle.sync()
  }
  if (!state.run) await note({ entry: 'run-begun', runId, tenant })
  const { users, projects, removed } = state
  return { runId, users, projects, removed, note, close: () => handle.close() }
}

/** What that file says, for a run that writes nothing. */
export async function readOnlyLedger(file: string, tenant: string): Promise<Ledger> {
  const { run, users, projects, removed } = await readLedger(file)
  if (run && run.tenant !== tenant) throw otherTenant(file, run.tenant)
  const note = () => Promise.reject(new Error('nothing is noted in a dry run'))
  const runId = run?.runId ?? randomUUID()
  return { runId, users, projects, removed, note, close: () => Promise.resolve() }
}

const otherTenant = (file: string, tenant: string) =>
  new Error(`${file} is about the tenant ${tenant}: name another with --ledger`)

interface State {
  run: { readonly runId: string; readonly tenant: string } | undefined
  readonly users: Map<string, string>
  readonly projects: Map<string, LedgerProject>
  readonly removed: Set<string>
}

async function readLedger(file: string): Promise<State> {
  const state: State = { run: undefined, users: new Map(), projects: new Map(), removed: new Set() }
  try {
    for await (const line of createInterface(createReadStream(file))) {
      const entry = entryOf(line)
      if (entry) apply(state, entry)
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return state
}

/** The last line may be half written: its step is done again. */
function entryOf(line: string): LedgerEntry | undefined {
  try {
    return JSON.parse(line) as LedgerEntry
  } catch {
    return undefined
  }
}

function apply(state: State, entry: LedgerEntry) {
  const { users, projects, removed } = state
  switch (entry.entry) {
    case 'run-begun':
      state.run = { runId: entry.runId, tenant: entry.tenant }
      return
    case 'user-imported':
      users.set(entry.oldId, entry.userId)
      return
    case 'project-begun':
      projects.set(entry.oldId, {
        userId: entry.userId,
        attempt: (projects.get(entry.oldId)?.attempt ?? 0) + 1,
        isWithdrawn: false,
        created: undefined,
        isImported: false,
      })
      return
    case 'project-created': {
      const { instanceId, projectId } = entry
      changeProject(state, entry.oldId, { created: { instanceId, projectId } })
      return
    }
    case 'project-imported':
      changeProject(state, entry.oldId, { isImported: true })
      return
    case 'project-withdrawn':
      changeProject(state, entry.oldId, { isWithdrawn: true, created: undefined })
      return
    case 'user-removed':
      removed.add(entry.userId)
      return
    case 'run-rolled-back':
      state.run = undefined
      users.clear()
      projects.clear()
      removed.clear()
  }
}

function changeProject({ projects }: State, oldId: string, change: Partial<LedgerProject>) {
  const project = projects.get(oldId)
  if (project) projects.set(oldId, { ...project, ...change })
}
