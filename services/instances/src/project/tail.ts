import type { ProjectEvent } from '@atrium/contracts/instances/project-events.ts'
import { streamName } from '@atrium/contracts/naming.ts'
import type { Content } from '@atrium/platform/content/content.ts'
import { decode } from '@atrium/platform/decider/codec.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import type { Operation } from '../json/diff.ts'
import { applyPatch } from '../json/patch.ts'
import { isObject, type Json, type JsonObject } from '../json/value.ts'
import { evolve } from './evolve.ts'
import type { Snapshots } from './snapshots.ts'
import { isThere, type ExistingProject, type ProjectState } from './state.ts'

/** What leads to one version: where to begin, and the changes of the content since. */
export interface Tail {
  readonly project: ExistingProject
  /** The newest version on the way whose snapshot should be there and is not. */
  readonly missing: ExistingProject | undefined
  readonly start: Start
  readonly steps: readonly Step[]
}

/** A content whose bytes are at hand, or lie in the content table. */
interface Start {
  readonly sha256: string
  readonly bytes?: Buffer
}

interface Step {
  /** Of the content after it. */
  readonly sha256: string
  readonly patch: readonly Operation[] | { readonly sha256: string }
}

const context = 'instances'

/** Undefined where the project has no such version, or is none any more. */
export async function readTail(
  { store, snapshots }: { store: Pick<EventStore, 'readStream'>; snapshots: Snapshots },
  tenant: string,
  projectId: string,
  version: number,
): Promise<Tail | undefined> {
  const snapshot = await snapshots.nearest(tenant, projectId, version)
  let project: ProjectState = snapshot?.project ?? { status: 'unknown' }
  let start: Start | undefined = snapshot && {
    sha256: snapshot.project.contentSha256,
    bytes: snapshot.content,
  }
  let reached = snapshot?.project.version ?? 0
  let missing: ExistingProject | undefined
  const steps: Step[] = []
  const stream = streamName(`${context}.project`, tenant, projectId)
  const pages = reached < version ? { from: reached, limit: version - reached } : undefined
  for await (const recorded of pages ? store.readStream(stream, pages) : []) {
    const event = decode(context, recorded) as ProjectEvent | undefined
    reached = recorded.revision + 1
    if (!event) continue
    project = evolve(project, event)
    if (event.type === 'ProjectCreated') start = { sha256: event.data.contentSha256 }
    if (event.type === 'ProjectContentChanged') steps.push(stepOf(event.data))
    if (isThere(project) && project.snapshot.version === reached && reached > 1) missing = project
  }
  return reached === version && isThere(project) && start
    ? { project, missing, start, steps }
    : undefined
}

type ContentChanged = Extract<ProjectEvent, { type: 'ProjectContentChanged' }>['data']

function stepOf({ contentSha256, patch, patchSha256 }: ContentChanged): Step {
  if (patchSha256 !== undefined) return { sha256: contentSha256, patch: { sha256: patchSha256 } }
  return { sha256: contentSha256, patch: (patch ?? []) as readonly Operation[] }
}

/**
 * The contents that a tail leads to: of its version, and of the snapshot that is missing. Begins
 * with the last one that is known already.
 */
export async function contentsOf(
  content: Content,
  tenant: string,
  { project, missing, start, steps }: Tail,
  known: (sha256: string) => JsonObject | undefined,
): Promise<{ readonly newest: JsonObject; readonly missing: JsonObject | undefined }> {
  const wanted = missing && steps.findLastIndex(({ sha256 }) => sha256 === missing.contentSha256)
  const reachable = steps.slice(0, (wanted ?? steps.length - 1) + 1)
  const begun = reachable.findLastIndex(({ sha256 }) => known(sha256) !== undefined)
  let value: Json = known(reachable[begun]?.sha256 ?? start.sha256) ?? (await read(start))
  let found: Json = value
  for (const [index, { patch }] of steps.entries()) {
    if (index <= begun) continue
    const isHere = !('sha256' in patch)
    const operations = isHere ? patch : parse(await content.get(tenant, patch.sha256))
    value = applyPatch(value, operations as readonly Operation[])
    if (index === wanted) found = value
  }
  return { newest: object(value), missing: missing && object(found) }

  async function read({ sha256, bytes }: Start): Promise<Json> {
    return parse(bytes ?? (await content.get(tenant, sha256)))
  }

  function object(json: Json): JsonObject {
    if (isObject(json)) return json
    throw new TypeError(`the content of ${project.id} is no object`)
  }
}

const parse = (bytes: Buffer) => JSON.parse(bytes.toString()) as Json
