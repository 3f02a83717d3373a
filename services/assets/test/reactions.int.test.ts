import type { TenantRemoved } from '@atrium/contracts/auth/events.ts'
import type { InstanceEvent } from '@atrium/contracts/instances/events.ts'
import type { ProjectEvent } from '@atrium/contracts/instances/project-events.ts'
import { derivedId, newCommandId } from '@atrium/platform/identifier.ts'
import type { ReactedEvent, ReactionDefinition } from '@atrium/platform/reactions/reaction.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  keepStorageOnInstanceChanged,
  type ReactionDeps,
} from '../src/reactions/keep-storage-on-instance-changed.ts'
import { keepUsesOnProjectChanged } from '../src/reactions/keep-uses-on-project-changed.ts'
import { releaseStorageOnTenantRemoved } from '../src/reactions/release-storage-on-tenant-removed.ts'
import { isShown } from '../src/storage-state.ts'
import { causeIn, createAssetsContext, type AssetsContext } from './assets-context.ts'

const at = '2026-01-01T00:00:00.000Z'
const limits = { bytesMax: 1_000_000, imagesMax: 10_000 }

let context: AssetsContext
let ownerId: string
let instanceId: string
let projectId: string

beforeAll(async () => {
  context = await createAssetsContext()
})
afterAll(() => context.close())
beforeEach(() => {
  ownerId = derivedId('usr', newCommandId())
  instanceId = derivedId('ins', ownerId)
  projectId = derivedId('prj', ownerId)
})

function reacted<Event extends InstanceEvent | ProjectEvent | TenantRemoved>(
  event: Event,
  reaction: string,
) {
  const id = newCommandId()
  return {
    ...event,
    reaction,
    id,
    stream: 'instances.test-acme:1',
    revision: 0,
    position: 7,
    recordedAt: at,
    metadata: {
      tenant: 'acme',
      actor: { userId: ownerId },
      correlationId: 'the request',
      commandId: id,
      schemaVersion: 1,
    },
  }
}

type EventOf<Definition> =
  Definition extends ReactionDefinition<infer Event, ReactionDeps> ? ReactedEvent<Event> : never

const tellInstance = (event: EventOf<typeof keepStorageOnInstanceChanged>) =>
  keepStorageOnInstanceChanged.react(
    event,
    { storages: context.storages, trees: context.trees, graceMs: 60_000 },
    new AbortController().signal,
  )
const tellProject = (event: EventOf<typeof keepUsesOnProjectChanged>) =>
  keepUsesOnProjectChanged.react(
    event,
    { storages: context.storages, trees: context.trees, graceMs: 60_000 },
    new AbortController().signal,
  )

const which = () => ({ projectId, instanceId, ownerId })
const created = (assetIds: string[] = []) =>
  reacted(
    {
      type: 'ProjectCreated',
      data: {
        ...which(),
        kind: 'plain',
        name: 'Plan',
        contentSha256: '5'.repeat(64),
        contentSizeBytes: 2,
        assetIds,
        createdBy: ownerId,
        createdAt: at,
      },
    } as const,
    keepUsesOnProjectChanged.name,
  )
const changed = (assetIdsAdded: string[], assetIdsRemoved: string[]) =>
  reacted(
    {
      type: 'ProjectContentChanged',
      data: {
        ...which(),
        contentSha256: '5'.repeat(64),
        contentSizeBytes: 2,
        assetIdsAdded,
        assetIdsRemoved,
        patchSizeBytes: 0,
        changedBy: ownerId,
        changedAt: at,
      },
    } as const,
    keepUsesOnProjectChanged.name,
  )
const purged = () =>
  reacted(
    { type: 'ProjectPurged', data: { ...which(), purgedAt: at } } as const,
    keepUsesOnProjectChanged.name,
  )
const instanceCreated = () =>
  reacted(
    {
      type: 'InstanceCreated',
      data: { instanceId, ownerId, name: 'Home', createdAt: at },
    } as const,
    keepStorageOnInstanceChanged.name,
  )

const stateNow = async () => (await context.storages.load('acme', ownerId)).state
const typesWritten = async () => {
  const types: string[] = []
  for await (const { type } of context.store.readStream(`assets.storage-acme:${ownerId}`)) {
    types.push(type)
  }
  return types
}

/** Assets that were uploaded to the library or the project. */
async function upload(assetIds: readonly string[], home: 'library' | 'project') {
  const reservationId = derivedId('rsv', newCommandId())
  const base = { ownerId, instanceId, reservationId, at, limits, expiresAt: '2027-01-01T00:00:00Z' }
  const { storages } = context
  await storages.handle(
    ownerId,
    { type: 'ReserveSpace', ...base, bytes: 9, images: 0 },
    causeIn('acme'),
  )
  const assets = assetIds.map((assetId) => ({
    assetId,
    name: 'a.png',
    mediaType: 'image/png',
    sizeBytes: 1,
    sha256: '5'.repeat(64),
  }))
  const place = home === 'project' ? { projectId } : {}
  await storages.handle(
    ownerId,
    { type: 'StoreAssets', ...base, ...place, home, assets },
    causeIn('acme'),
  )
}

const assetIdsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => derivedId('ast', ownerId, String(index)))

describe('instances', () => {
  it('are provisioned once, by a cause that leads back to their creation', async () => {
    const event = instanceCreated()
    const written = await tellInstance(event)
    expect(written?.position).toBeGreaterThan(0)
    await tellInstance(event)
    await tellInstance(instanceCreated())
    expect(await typesWritten()).toEqual(['StorageProvisioned'])
    for await (const { metadata } of context.store.readStream(`assets.storage-acme:${ownerId}`)) {
      expect(metadata).toMatchObject({
        tenant: 'acme',
        actor: { userId: ownerId, service: 'assets' },
        causationId: event.id,
        correlationId: 'the request',
      })
    }
  })

  it('take what they hold along, and bring it back', async () => {
    await tellInstance(instanceCreated())
    const [assetId = ''] = assetIdsOf(1)
    await upload([assetId], 'library')
    const { name } = keepStorageOnInstanceChanged
    const data = { instanceId, ownerId }
    await tellInstance(
      reacted({ type: 'InstanceDeleted', data: { ...data, deletedAt: at, purgeAt: at } }, name),
    )
    expect(isShown(await stateNow(), assetId)).toBe(false)
    await tellInstance(
      reacted({ type: 'InstanceRestored', data: { ...data, restoredAt: at } }, name),
    )
    expect(isShown(await stateNow(), assetId)).toBe(true)
    await tellInstance(reacted({ type: 'InstancePurged', data: { ...data, purgedAt: at } }, name))
    expect(isShown(await stateNow(), assetId)).toBe(false)
  })
})

describe('projects', () => {
  it('are followed from their creation, also without assets', async () => {
    await tellInstance(instanceCreated())
    await tellProject(created())
    expect(await typesWritten()).toEqual(['StorageProvisioned', 'ProjectFollowed'])
  })

  it('move uses, in several commands where they are many', async () => {
    await tellInstance(instanceCreated())
    const assetIds = assetIdsOf(1_201)
    await tellProject(created(assetIds.slice(0, 1_100)))
    const event = changed(assetIds.slice(1_100), assetIds.slice(0, 600))
    const written = await tellProject(event)
    expect([...((await stateNow()).projects.get(projectId)?.uses.keys() ?? [])]).toEqual(
      assetIds.slice(600),
    )
    // A repeated event changes nothing, and tells the same position.
    expect(await tellProject(event)).toEqual(written)
    expect(await typesWritten()).toEqual([
      'StorageProvisioned',
      'ProjectFollowed',
      ...Array.from({ length: 3 }, () => 'ProjectUsesChanged'),
      ...Array.from({ length: 3 }, () => 'ProjectUsesChanged'),
    ])
  })

  it('hide and show what only they use, and delete it when they are purged', async () => {
    await tellInstance(instanceCreated())
    await tellProject(created())
    const assetIds = assetIdsOf(1_001)
    await upload(assetIds, 'project')
    const { name } = keepUsesOnProjectChanged
    const data = { ...which(), deletedBy: ownerId, deletedAt: at, purgeAt: at }
    await tellProject(reacted({ type: 'ProjectDeleted', data }, name))
    expect((await stateNow()).used).toEqual({ bytes: 0, images: 0 })
    await tellProject(
      reacted(
        { type: 'ProjectRestored', data: { ...which(), restoredBy: ownerId, restoredAt: at } },
        name,
      ),
    )
    expect((await stateNow()).used).toEqual({ bytes: 1_001, images: 1_001 })
    const event = purged()
    await tellProject(event)
    const after = await stateNow()
    expect(after.used).toEqual({ bytes: 0, images: 0 })
    expect(after.projects.has(projectId)).toBe(false)
    expect([...after.assets.entries()].every(([, { status }]) => status === 'deleted')).toBe(true)
    const count = (await typesWritten()).length
    await tellProject(event)
    expect(await typesWritten()).toHaveLength(count)
  })
})

describe('a tenant', () => {
  it('that is removed takes all storages along, and no other tenant has less', async () => {
    const others = Array.from({ length: 105 }, (_, index) =>
      derivedId('ins', ownerId, String(index)),
    )
    const { storages, trees, database, projections, store } = context
    for (const [tenant, ids] of [
      ['gone', others],
      ['acme', [instanceId]],
    ] as const) {
      for (const id of ids) {
        const command = { type: 'ProvisionStorage', ownerId, instanceId: id, at } as const
        await storages.handle(ownerId, command, causeIn(tenant))
        const folder = { path: ['drafts'], entryId: derivedId('fil', id), folderIds: [] }
        await trees.handle(
          id,
          { type: 'CreateFolder', ownerId, instanceId: id, at, ...folder, entriesMax: 9 },
          causeIn(tenant),
        )
      }
    }
    const { metadata, ...event } = reacted(
      { type: 'TenantRemoved', data: { tenantId: 'gone', removedAt: at } } as const,
      releaseStorageOnTenantRemoved.name,
    )
    const deps = {
      storages,
      database,
      projections,
      headPosition: () => store.headPosition({ streamPrefixes: ['assets.'] }),
      trees,
      graceMs: 60_000,
    }
    await releaseStorageOnTenantRemoved.react(
      { ...event, metadata: { ...metadata, tenant: 'gone' } },
      deps,
      new AbortController().signal,
    )
    const gone = (await storages.load('gone', ownerId)).state
    expect([...gone.instances.values()].every(({ status }) => status === 'purged')).toBe(true)
    expect(gone.instances.size).toBe(105)
    for (const id of others) {
      expect((await trees.load('gone', id)).state.status).toBe('cleared')
    }
    expect((await trees.load('acme', instanceId)).state.entries.size).toBe(1)
    expect((await stateNow()).instances.get(instanceId)?.status).toBe('active')
  })
})
