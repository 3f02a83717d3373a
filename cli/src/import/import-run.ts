import type { Administrator } from './callers.ts'
import { convertProject, type ConvertedProject } from './convert-project.ts'
import type { OldUser } from './convert-user.ts'
import { importProject } from './import-project.ts'
import { rowOf, type ImportRow } from './import-row.ts'
import { importUser, personalWorkspaceOf, userIdFor } from './import-user.ts'
import type { Ledger } from './ledger.ts'
import { readProjectFile, type OldFiles, type OldProjectFile } from './old-files.ts'
import { Refused } from './platform-client.ts'

export interface ImportRun {
  readonly administrator: Administrator
  readonly tenant: string
  readonly files: OldFiles
  /** Of a dry run, one that nothing is noted in. */
  readonly ledger: Ledger
  readonly dryRun: boolean
  readonly now: string
  /** Told as each account is done. */
  readonly progress: (words: string) => void
}

/** People at once: each has limits of its own. */
const usersAtOnce = 4

/**
 * Brings over every account, and each one's planners, and says of each what became of it; or what
 * would, and then nothing is written anywhere. What was done before is left as it is.
 */
export async function runImport(run: ImportRun): Promise<ImportRow[]> {
  const { files } = run
  const owned = new Map<OldUser, PreparedProject[]>()
  const rows: ImportRow[] = files.strayCopies.map((oldId) =>
    rowOf('project', { oldId, name: '' }, 'left out', ['a public copy whose project is not there']),
  )
  for (const file of files.projects) {
    const owner = await ownerOf(file, files.users)
    if (typeof owner === 'string') rows.push(refusedProject(file, '', [owner]))
    else owned.set(owner, [...(owned.get(owner) ?? []), { file }])
  }
  const doubles = doublesIn(files.users)
  const waiting = files.users.entries()
  const work = async () => {
    for (const [, user] of waiting) {
      const told = await bringOver(run, user, owned.get(user) ?? [], doubles.has(user))
      rows.push(...told)
      run.progress(`${user.username ?? user.email}: ${told.length - 1} projects`)
    }
  }
  await Promise.all(Array.from({ length: usersAtOnce }, work))
  return rows.toSorted((a, b) => a.oldId.localeCompare(b.oldId) || b.kind.localeCompare(a.kind))
}

/** Those with the address of one before them: which of two is taken over must not be chance. */
function doublesIn(users: readonly OldUser[]): ReadonlySet<OldUser> {
  const first = new Map<string, OldUser>()
  for (const user of users.filter(({ isActive }) => isActive)) {
    const address = user.email.toLowerCase()
    if (!first.has(address)) first.set(address, user)
  }
  return new Set(users.filter((user) => first.get(user.email.toLowerCase()) !== user))
}

interface PreparedProject {
  readonly file: OldProjectFile
}

/** By its folder; the oldest files name their author. Words where nobody is found. */
async function ownerOf(file: OldProjectFile, users: readonly OldUser[]): Promise<OldUser | string> {
  if (file.ownerId !== null) {
    const owner = users.find(({ id }) => id === file.ownerId)
    return owner ?? `no user has the id ${file.ownerId}`
  }
  const project = await converted(file)
  if (typeof project === 'string') return project
  const author = project.author?.toLowerCase()
  const owner = users.find(
    ({ username, email }) => username?.toLowerCase() === author || email.toLowerCase() === author,
  )
  return owner ?? `no user is called "${project.author ?? ''}"`
}

async function converted(file: OldProjectFile): Promise<ConvertedProject | string> {
  try {
    return convertProject(await readProjectFile(file))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const refusedProject = ({ key: oldId }: OldProjectFile, name: string, notes: readonly string[]) =>
  rowOf('project', { oldId, name }, 'refused', notes)

async function bringOver(
  run: ImportRun,
  user: OldUser,
  projects: readonly PreparedProject[],
  isDouble: boolean,
): Promise<ImportRow[]> {
  const { administrator, tenant, ledger, dryRun, now } = run
  const named = { oldId: user.id, name: user.username ?? user.email }
  const left = (outcome: 'left out' | 'refused', why: string) => [
    rowOf('user', named, outcome, [why]),
    ...projects.map(({ file }) =>
      rowOf('project', { oldId: file.key, name: '' }, 'left out', [
        'its owner is not brought over',
      ]),
    ),
  ]
  if (!user.isActive) return left('left out', 'the account is not active')
  const known = ledger.users.get(user.id)
  if (isDouble && known === undefined) {
    return left('refused', 'another account has the same e-mail address')
  }
  const userId = known ?? userIdFor(tenant, ledger.runId, user)
  let notes: readonly string[] = []
  try {
    if (known === undefined) {
      notes = await importUser(administrator, { tenant, userId, user, now, dryRun })
      if (!dryRun) await ledger.note({ entry: 'user-imported', oldId: user.id, userId })
    }
  } catch (error) {
    if (error instanceof Refused && error.status < 500) return left('refused', error.message)
    throw error
  }
  const outcome = known === undefined ? done(run) : 'there already'
  const row = rowOf('user', named, outcome, notes, dryRun ? (known ?? null) : userId)
  return [row, ...(await bringProjects(run, userId, projects))]
}

const done = ({ dryRun }: ImportRun) => (dryRun ? 'would be imported' : 'imported')

async function bringProjects(
  run: ImportRun,
  userId: string,
  projects: readonly PreparedProject[],
): Promise<ImportRow[]> {
  const { administrator, tenant, ledger, dryRun } = run
  const person = administrator.actFor(tenant, userId)
  const rows: ImportRow[] = []
  let instanceId: string | undefined
  for (const { file } of projects) {
    const oldId = file.key
    const before = ledger.projects.get(oldId)
    if (before?.isImported) {
      const { projectId = null } = before.created ?? {}
      rows.push(rowOf('project', { oldId, name: '' }, 'there already', [], projectId))
      continue
    }
    const project = await converted(file)
    if (typeof project === 'string') {
      rows.push(refusedProject(file, '', [project]))
    } else if (project.faults.length > 0) {
      rows.push(refusedProject(file, project.name, faultsIn(project)))
    } else if (dryRun) {
      rows.push(
        rowOf('project', { oldId, name: project.name }, 'would be imported', notesOf(project)),
      )
    } else {
      instanceId ??= await personalWorkspaceOf(person)
      rows.push(await bringProject(run, person, { oldId, userId, instanceId, project }))
    }
  }
  if (!dryRun && instanceId === undefined) await personalWorkspaceOf(person)
  await person.leave()
  return rows
}

async function bringProject(
  { ledger }: ImportRun,
  person: Parameters<typeof importProject>[0],
  given: Parameters<typeof importProject>[2],
): Promise<ImportRow> {
  const { oldId, project } = given
  const named = { oldId, name: project.name }
  try {
    const { projectId, notes } = await importProject(person, ledger, given)
    return rowOf('project', named, 'imported', [...notesOf(project), ...notes], projectId)
  } catch (error) {
    if (!(error instanceof Refused) || error.status >= 500) throw error
    return rowOf('project', named, 'refused', [error.message])
  }
}

const faultsToldMax = 20

function faultsIn({ faults }: ConvertedProject): string[] {
  const told = faults.slice(0, faultsToldMax).map(({ pointer, detail }) => `${pointer} ${detail}`)
  const further = faults.length - told.length
  return further > 0 ? [...told, `and ${further} more`] : told
}

const notesOf = ({ notes, images, publicSlug }: ConvertedProject) => [
  ...notes,
  ...(images.length > 0 ? [`${images.length} pictures become assets`] : []),
  ...(publicSlug === null ? [] : [`was public as "${publicSlug}": its owner may publish it anew`]),
]
