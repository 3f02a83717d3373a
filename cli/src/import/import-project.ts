import type { Asset } from '@atrium/contracts/assets/http.ts'
import type { Project, ProjectSummary } from '@atrium/contracts/instances/project.ts'
import type { RawFields } from '@atrium/contracts/planner/fields.ts'
import { derivedCommandId } from '@atrium/platform/identifier.ts'
import type { Caller } from './callers.ts'
import type { ConvertedProject, FoundImage } from './convert-project.ts'
import type { Ledger } from './ledger.ts'
import { Refused } from './platform-client.ts'

export interface ProjectImport {
  readonly oldId: string
  readonly userId: string
  readonly instanceId: string
  readonly project: ConvertedProject
}

/**
 * Creates the project, uploads its pictures to it, and names them in it. A kill at any step is gone
 * on with: what was created is found, what was uploaded is not uploaded again. Where it cannot be
 * finished it is taken away. What the platform refuses of the pictures is left out; notes say so.
 */
export async function importProject(
  person: Caller,
  ledger: Ledger,
  given: ProjectImport,
): Promise<{ readonly projectId: string; readonly notes: readonly string[] }> {
  const { oldId, instanceId, project } = given
  let created: Created | undefined
  try {
    created = await createdProject(person, ledger, given)
    const { named, notes } = await uploadedImages(person, created, project.images)
    if (named.size > 0) await nameImages(person, created, project, named)
    await ledger.note({ entry: 'project-imported', oldId })
    return { projectId: created.id, notes }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (created) {
      const path = `/v1/instances/${instanceId}/projects/${created.id}?purge=true`
      await person.call({ method: 'DELETE', path })
    }
    await ledger.note({ entry: 'project-withdrawn', oldId })
    throw error
  }
}

type Created = Pick<Project, 'id' | 'instanceId' | 'version'>

async function createdProject(
  person: Caller,
  ledger: Ledger,
  given: ProjectImport,
): Promise<Created> {
  const { oldId, userId, instanceId, project } = given
  const projectsPath = `/v1/instances/${instanceId}/projects`
  const found = await findUnfinished(person, ledger, given)
  if (!found && (ledger.projects.get(oldId)?.isWithdrawn ?? true)) {
    await ledger.note({ entry: 'project-begun', oldId, userId })
  }
  const attempt = ledger.projects.get(oldId)?.attempt ?? 1
  const key = derivedCommandId('planner-import', ledger.runId, oldId, String(attempt))
  const { name, description, content } = project
  const created =
    found ??
    ((
      await person.call({
        method: 'POST',
        path: projectsPath,
        headers: { 'idempotency-key': key },
        body: { name, kind: 'planner', description, content },
      })
    ).body as Created)
  await ledger.note({ entry: 'project-created', oldId, instanceId, projectId: created.id })
  return created
}

/** One that an earlier attempt created, also where it did not live to note that. */
async function findUnfinished(
  person: Caller,
  ledger: Ledger,
  { oldId, instanceId, project }: ProjectImport,
): Promise<Created | undefined> {
  const before = ledger.projects.get(oldId)
  if (before === undefined || before.isWithdrawn) return undefined
  const projectsPath = `/v1/instances/${instanceId}/projects`
  const noted = new Set([...ledger.projects.values()].map(({ created }) => created?.projectId))
  const candidates = before.created
    ? [before.created.projectId]
    : (await listed<ProjectSummary>(person, projectsPath, 'kind=planner'))
        .filter(({ id, name }) => name === project.name && !noted.has(id))
        .map(({ id }) => id)
  for (const id of candidates) {
    const found = await projectAt(person, `${projectsPath}/${id}`)
    if (found && (found.content as RawFields)['id'] === project.content['id']) return found
  }
  // What was created is gone again: an attempt that could not be finished took it away.
  if (before.created) await ledger.note({ entry: 'project-withdrawn', oldId })
  return undefined
}

async function projectAt(person: Caller, path: string): Promise<Project | undefined> {
  try {
    return (await person.call({ method: 'GET', path })).body as Project
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined
    throw error
  }
}

const pagesMax = 1_000

async function listed<Item>(person: Caller, path: string, query: string): Promise<Item[]> {
  const items: Item[] = []
  let cursor: string | null = ''
  for (let page = 0; page < pagesMax && cursor !== null; page += 1) {
    const more = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { body } = await person.call({ method: 'GET', path: `${path}?limit=100&${query}${more}` })
    const answer = body as { readonly items: readonly Item[]; readonly nextCursor: string | null }
    items.push(...answer.items)
    cursor = answer.nextCursor
  }
  return items
}

/** Assets by the hashes of their bytes, and what was refused, in words. */
async function uploadedImages(person: Caller, created: Created, images: readonly FoundImage[]) {
  const named = new Map<string, string>()
  const notes: string[] = []
  if (images.length === 0) return { named, notes }
  const query = `instanceId=${created.instanceId}&projectId=${created.id}`
  for (const { sha256, id } of await listed<Asset>(person, '/v1/assets', query))
    named.set(sha256, id)
  for (const image of images) {
    if (named.has(image.sha256)) continue
    try {
      named.set(image.sha256, await upload(person, created, image))
    } catch (error) {
      if (!(error instanceof Refused) || error.status >= 500) throw error
      notes.push(`the picture of "${image.widgetId}" is left out: ${error.message}`)
    }
  }
  return { named, notes }
}

const endings = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/svg+xml': 'svg' } as const

async function upload(person: Caller, created: Created, image: FoundImage): Promise<string> {
  const form = new FormData()
  form.append('instanceId', created.instanceId)
  form.append('projectId', created.id)
  const file = new Blob([image.bytes], { type: image.mediaType })
  form.append('file', file, `${image.widgetId || 'picture'}.${endings[image.mediaType]}`)
  const path = '/v1/assets'
  const { body } = await person.call({ method: 'POST', path, form, mayRepeat: false })
  const [asset] = (body as { readonly items: readonly Asset[] }).items
  if (!asset) throw new Error('an upload was answered without its asset')
  return asset.id
}

/** Said again after a kill it changes nothing, and makes no version. */
async function nameImages(
  person: Caller,
  created: Created,
  project: ConvertedProject,
  named: ReadonlyMap<string, string>,
) {
  const content = structuredClone(project.content) as Record<string, unknown>
  for (const { sha256, pointers } of project.images) {
    const assetId = named.get(sha256)
    if (assetId === undefined) continue
    for (const pointer of pointers) setAt(content, pointer, assetId)
  }
  await person.call({
    method: 'PUT',
    path: `/v1/instances/${created.instanceId}/projects/${created.id}`,
    headers: { 'if-match': `"${created.version}"` },
    body: { content },
  })
}

/** At a place that is there, but for its last name. */
function setAt(root: Record<string, unknown>, pointer: string, value: string) {
  const names = pointer.split('/').slice(1)
  const last = names.pop() ?? ''
  let part = root
  for (const name of names) part = part[name] as Record<string, unknown>
  part[last] = value
}
