import { internalPaths } from '@atrium/contracts/routes.ts'
import type { ServiceClient, ServiceRequest } from '@atrium/platform/http/service-client.ts'
import { NoSuchUser } from '@atrium/platform/identity/service-tokens.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { ReadAssets } from './rendering/render-job.ts'
import type { TaskAsset } from './rendering/task.ts'

/*
 * What this context reads of others: projects and the bytes of assets, over HTTP, for a user and
 * with that user's rights.
 */

/** A project, as far as it is of interest here. */
const Project = Type.Object({
  id: Type.String(),
  instanceId: Type.String(),
  name: Type.String(),
  kind: Type.String(),
  content: Type.Unknown(),
})
export type Project = Static<typeof Project>

const isProject = Compile(Project)

/** Resolves with undefined for a project that is not there, or not for this user. */
export type ReadProject = (
  projectId: string,
  asked: Omit<ServiceRequest, 'body'>,
) => Promise<Project | undefined>

export function createReadProject(instances: ServiceClient): ReadProject {
  return async (projectId, asked) => {
    const path = internalPaths.project.replace(':projectId', encodeURIComponent(projectId))
    const answer = await instances.request('GET', path, asked)
    if (answer.status === 404) {
      await answer.body?.cancel()
      return undefined
    }
    const project: unknown = await answer.json()
    if (answer.status === 503) throw new Rejection('not-yet-consistent')
    if (!answer.ok || !isProject.Check(project)) {
      throw new Error(`instances answered ${answer.status} for a project`)
    }
    return project
  }
}

/** Of one picture or font, and of all that a planner names; what is beyond is left out. */
const assetBytesMax = 16 * 1_048_576
const assetsBytesMax = 64 * 1_048_576
/** Read side by side. */
const readsAtOnceMax = 6

/** The bytes of assets, as far as they are there, for this user, and within the limits. */
export function createReadAssets(assets: ServiceClient): ReadAssets {
  return async (reader, assetIds, signal) => {
    const found: TaskAsset[] = []
    let roomBytes = assetsBytesMax
    const waiting = assetIds.values()
    async function readOn() {
      for (const id of waiting) {
        const bytes = await readAsset(assets, id, { ...reader, correlationId: id, signal })
        if (!bytes || bytes.length > roomBytes) continue
        roomBytes -= bytes.length
        found.push({ id, bytes })
      }
    }
    try {
      await Promise.all(Array.from({ length: readsAtOnceMax }, readOn))
    } catch (error) {
      if (error instanceof NoSuchUser) return [] // whose assets are gone with them
      throw error
    }
    return found.toSorted((a, b) => assetIds.indexOf(a.id) - assetIds.indexOf(b.id))
  }
}

async function readAsset(assets: ServiceClient, id: string, asked: ServiceRequest) {
  const path = `/v1/assets/${encodeURIComponent(id)}/content`
  const answer = await assets.request('GET', path, asked)
  const isTooLarge = Number(answer.headers.get('content-length') ?? 0) > assetBytesMax
  if (answer.ok && !isTooLarge) return await readUpTo(answer, assetBytesMax)
  await answer.body?.cancel()
  return undefined
}

/** Undefined where there is more. */
async function readUpTo({ body }: Response, bytesMax: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length
    if (sizeBytes > bytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
