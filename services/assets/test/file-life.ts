import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { blobKey } from '@atrium/platform/blobs/port.ts'
import { derivedId, newCommandId } from '@atrium/platform/identifier.ts'
import { expect } from 'vitest'
import type { Trees } from '../src/aggregates.ts'
import { collect } from '../src/collecting/collect.ts'
import { copyEntry } from '../src/files/copy.ts'
import { releaseAssets } from '../src/files/release.ts'
import { entryAt } from '../src/files/tree-state.ts'
import { folderIdsFor, writeFile } from '../src/files/write-file.ts'
import { prove } from '../src/proof/prove.ts'
import { tidyFiles } from '../src/timers/tidy-files.ts'
import { aggregatesOf, causeIn, type AssetsContext } from './assets-context.ts'
import { tenant, uploadDeps, variantsKeptMs, type LifePorts } from './library-life.ts'

// What is done with the files of an instance, as the routes do it.

export interface FilePorts extends LifePorts {
  readonly trees: Trees
}

export interface Owned {
  readonly ownerId: string
  readonly instanceId: string
}

const graceMs = 1_000
const entriesMax = 1_000
const depsOf = (ports: FilePorts) => ({ ...uploadDeps(ports), ...ports, graceMs, entriesMax })

function requestOf({ ownerId, instanceId }: Owned) {
  const cause = causeIn(tenant)
  return {
    cause,
    ownerId,
    instanceId,
    writtenBy: ownerId,
    at: new Date().toISOString(),
    newId: (prefix: string, word = '') => derivedId(prefix, cause.commandId, word),
  }
}

export async function write(ports: FilePorts, owned: Owned, path: string, content: string) {
  await writeFile(depsOf(ports), {
    ...requestOf(owned),
    path: path.split('/'),
    body: Readable.from([Buffer.from(content)]),
    lengthBytes: content.length,
    expectedVersion: undefined,
    mustBeNew: false,
    signal: new AbortController().signal,
  })
}

export async function copy(ports: FilePorts, owned: Owned, from: string, to: string) {
  const paths = { from: from.split('/'), to: to.split('/') }
  await copyEntry(depsOf(ports), { ...requestOf(owned), ...paths })
}

export async function move({ trees }: FilePorts, owned: Owned, from: string, to: string) {
  const { cause, at, newId } = requestOf(owned)
  const paths = { from: from.split('/'), to: to.split('/') }
  const folderIds = folderIdsFor(paths.to, newId)
  const place = { ...owned, at, ...paths, folderIds, entriesMax }
  const command = { ...place, type: 'MoveEntry' } as const
  await trees.handle(owned.instanceId, command, cause)
}

export async function remove(ports: FilePorts, owned: Owned, path: string) {
  const { cause, at } = requestOf(owned)
  const command = { ...owned, at, path: path.split('/'), type: 'DeleteEntry' } as const
  const { state } = await ports.trees.handle(owned.instanceId, command, cause)
  await releaseAssets(depsOf(ports), { ...owned, assetIds: [...state.letGo] }, causeIn(tenant))
}

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

/** Everything that mends: hours later, by a process that knows nothing. */
export async function settle(context: AssetsContext) {
  const { store, database, blobs, caughtUp } = context
  const ports = { ...aggregatesOf(store), blobs }
  const { owner } = database
  for (let round = 1; round <= 3; round += 1) {
    await caughtUp()
    await tidyFiles({ ...ports, graceMs, owner }, inHours(7))
    await caughtUp()
    await collect({ ...ports, owner, variantsKeptMs }, inHours(8))
  }
  const proof = (repair: boolean) =>
    prove(
      { ...ports, store, database, caughtUp, unsettledMs: -1 },
      { proofId: newCommandId(), repair },
    )
  await proof(true)
  return await proof(false)
}

/**
 * All files by their paths, with what can be read of each. Fails where the tree and the storage do
 * not hold the same assets, or where something lies that no path leads to.
 */
export async function filesOf(context: AssetsContext, { ownerId, instanceId }: Owned) {
  const { trees, storages, blobAggregates } = aggregatesOf(context.store)
  const { state: tree } = await trees.load(tenant, instanceId)
  const { state: storage } = await storages.load(tenant, ownerId)
  const files = new Map<string, string>()
  const held = new Set<string>()
  for (const [id, entry] of tree.entries.entries()) {
    const path = [entry.name]
    for (let above = entry.parentId; above !== undefined;) {
      const folder = tree.entries.get(above)
      path.unshift(folder?.name ?? 'nowhere')
      above = folder?.parentId
    }
    expect(entryAt(tree, path)?.id, path.join('/')).toBe(id)
    if (entry.kind === 'folder') continue
    held.add(entry.content.assetId)
    const { state: blob } = await blobAggregates.load(tenant, entry.content.sha256)
    expect(blob.holders.has(entry.content.assetId)).toBe(true)
    const { stream } = await context.blobs.read(blobKey(blob.current?.key ?? ''))
    files.set(path.join('/'), (await buffer(stream)).toString())
  }
  const kept = [...storage.assets.entries()].filter(([, { status }]) => status === 'kept')
  expect(new Set(kept.map(([assetId]) => assetId))).toEqual(held)
  expect(storage.used.bytes).toBe(kept.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0))
  expect(storage.reservations.size).toBe(0)
  expect(tree.letGo.size).toBe(0)
  return Object.fromEntries([...files].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
