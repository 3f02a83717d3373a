import { streamName } from '@atrium/contracts/naming.ts'
import type { BlobStore } from '@atrium/platform/blobs/port.ts'
import type { Content } from '@atrium/platform/content/content.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Cause } from '@atrium/platform/decider/cause.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import type { ServiceClient } from '@atrium/platform/http/service-client.ts'
import { NoSuchUser } from '@atrium/platform/identity/service-tokens.ts'
import { newCommandId } from '@atrium/platform/identifier.ts'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Clones, Listings } from '../aggregates.ts'
import type { CloneCommand, CloneErrorCode, PendingClone } from '../clone.ts'
import { readPublication, type ListedPublication } from '../projections/publication-list/query.ts'
import type { Asking, AssetPeer } from './asset-peer.ts'
import { clonedContent } from './cloned-content.ts'
import { readKeptAsset } from './kept-assets.ts'

export interface MakeCloneDeps {
  readonly clones: Clones
  readonly listings: Listings
  readonly store: EventStore
  readonly database: Pick<Database, 'owner'>
  readonly content: Content
  readonly blobs: BlobStore
  readonly assetPeer: AssetPeer
  readonly instances: ServiceClient
}

/** There will be no copy: the person's own contexts refuse it. */
class CloneRefused extends Error {
  override readonly name = 'CloneRefused'
  readonly errorCode: CloneErrorCode

  constructor(errorCode: CloneErrorCode) {
    super(errorCode)
    this.errorCode = errorCode
  }
}

interface Making {
  readonly tenant: string
  readonly cloneId: string
  readonly asking: Asking
  readonly handle: (command: CloneCommand) => ReturnType<Clones['handle']>
}

/**
 * Makes a copy, or goes on with one: every asset once, then the project, which instances create
 * once for the copy's id. A crash between an upload and the note of it leaves that picture unused
 * in the person's library; nothing else is ever done twice. Throws where another context is away.
 */
export async function makeClone(
  deps: MakeCloneDeps,
  { tenant, cloneId }: { readonly tenant: string; readonly cloneId: string },
): Promise<void> {
  const { state } = await deps.clones.load(tenant, cloneId)
  if (state.status !== 'pending') return
  const making = await createMaking(deps, tenant, state)
  try {
    const projectId = await copy(deps, making, state)
    await noteCloned(deps, making, state)
    await making.handle({ type: 'CompleteClone', projectId, at: now() })
  } catch (error) {
    const errorCode = error instanceof NoSuchUser ? 'instance-not-found' : refusalIn(error)
    if (errorCode === undefined) throw error
    await making.handle({ type: 'FailClone', errorCode, at: now() })
  }
}

const refusalIn = (error: unknown) => (error instanceof CloneRefused ? error.errorCode : undefined)

async function createMaking(
  { clones, store }: MakeCloneDeps,
  tenant: string,
  { request }: PendingClone,
): Promise<Making> {
  const { cloneId, ownerId } = request
  const stream = streamName('pdf.clone', tenant, cloneId)
  const [requested] = await Array.fromAsync(store.readStream(stream, { limit: 1 }))
  if (!requested) throw new Error(`${cloneId} has no events`)
  const { actor, correlationId, traceparent } = requested.metadata
  const cause = (): Cause => ({
    tenant,
    actor: { ...actor, service: 'pdf' },
    correlationId,
    causationId: requested.id,
    commandId: newCommandId(),
    ...(traceparent === undefined ? {} : { traceparent }),
  })
  return {
    tenant,
    cloneId,
    asking: { tenant, userId: ownerId, correlationId, traceparent },
    handle: (command) => clones.handle(cloneId, command, cause()),
  }
}

async function copy(deps: MakeCloneDeps, making: Making, state: PendingClone): Promise<string> {
  const { tenant } = making
  const { publicationId, instanceId } = state.request
  const listed = await readPublication(deps.database.owner, tenant, publicationId)
  if (!listed) throw new CloneRefused('not-published')
  const copies = await copyAssets(deps, making, state, listed)
  const bytes = await deps.content.get(tenant, listed.contentSha256)
  const { slug, author, title, description } = listed.publication
  const content = clonedContent(JSON.parse(bytes.toString()), copies, { slug, author })
  return await createProject(deps, making, instanceId, {
    name: nameOf(title),
    kind: 'planner',
    content,
    ...(description === '' ? {} : { description }),
  })
}

async function copyAssets(
  { assetPeer, blobs }: MakeCloneDeps,
  { tenant, asking, handle }: Making,
  { request, copies }: PendingClone,
  { publicationId, assets }: ListedPublication,
): Promise<ReadonlyMap<string, string>> {
  const made = new Map(copies)
  for (const { assetId, name, mediaType } of assets) {
    if (made.has(assetId)) continue
    const bytes = await readKeptAsset(blobs, tenant, publicationId, assetId)
    if (!bytes) continue
    const file = { name, mediaType, bytes }
    const outcome = await assetPeer.upload(request.instanceId, file, asking)
    if (outcome.status === 'refused') throw new CloneRefused(codeOf(outcome.httpStatus))
    const { assetId: copyId } = outcome
    const { state } = await handle({ type: 'NoteAssetCopied', assetId, copyId, at: now() })
    const counted = state.status === 'none' ? undefined : state.copies.get(assetId)
    if (counted === undefined) throw new Error(`a copy of ${assetId} was not noted`)
    if (counted !== copyId) await assetPeer.discard(copyId, asking)
    made.set(assetId, counted)
  }
  return made
}

const isProject = Compile(Type.Object({ id: Type.String() }))

async function createProject(
  { instances }: MakeCloneDeps,
  { asking, cloneId }: Making,
  instanceId: string,
  body: object,
): Promise<string> {
  const path = `/v1/instances/${encodeURIComponent(instanceId)}/projects`
  const answer = await instances.request('POST', path, { ...asking, body, idempotencyKey: cloneId })
  const project: unknown = await answer.json()
  if (!answer.ok) throw new CloneRefused(codeOf(answer.status))
  if (!isProject.Check(project)) throw new Error('instances answered a project without its id')
  return project.id
}

/** Before the copy is said to be made, so that none is left uncounted; once for its id. */
async function noteCloned({ listings }: MakeCloneDeps, making: Making, state: PendingClone) {
  const { tenant, cloneId, asking } = making
  const { slug, publicationId } = state.request
  const { correlationId } = asking
  await listings.handle(
    slug,
    { type: 'NoteCloned', publicationId, cloneId, at: now() },
    { tenant, actor: { service: 'pdf' }, correlationId, commandId: newCommandId() },
  )
}

function codeOf(httpStatus: number): CloneErrorCode {
  if (httpStatus === 403) return 'quota-exceeded'
  return httpStatus === 404 ? 'instance-not-found' : 'refused'
}

const nameCharactersMax = 100
const nameOf = (title: string) => Array.from(title.trim()).slice(0, nameCharactersMax).join('')

const now = () => new Date().toISOString()
