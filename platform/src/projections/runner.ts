import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientBase } from 'pg'
import { inTransaction } from '../database/transaction.ts'
import { createFollower, type Follower, type ProjectionPorts } from './follower.ts'
import {
  checksumOf,
  createGeneration,
  dropGeneration,
  readGenerations,
  type Generation,
} from './generation.ts'
import type { ProjectionDefinition } from './projection.ts'
import { lockProjection, rollbackTarget } from './switch.ts'

/** How often a replica that does not lead asks whether it may. */
const electionPollMs = 500

/** How often the leader looks at the registry, beside being told. */
const registryPollMs = 2_000

/** The pause after a failure. */
const pauseMs = 1_000

/** A dropped generation's tables may be in use for a moment: then it is tried at the next look. */
const dropTimeoutMs = 300

export type Runner = ReturnType<typeof createRunner>

/** The same version of a projection must always write the same. */
export class ProjectionChanged extends Error {
  override readonly name = 'ProjectionChanged'
}

/**
 * Leads one version of a projection, or waits to: of all replicas with the same version the one
 * that has the session's advisory lock keeps that version's generations up to date. Old and new
 * code run side by side, each on its own generation.
 */
export function createRunner(ports: ProjectionPorts, definition: ProjectionDefinition) {
  const stopping = new AbortController()
  const followers = new Map<number, Follower>()
  let wake = () => {}

  /** Until the next look at the registry: by time, by `wake`, or because the lock is lost. */
  function pause(signal: AbortSignal) {
    return new Promise<void>((resolve) => {
      if (signal.aborted) return resolve()
      const end = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        wake = () => {}
        resolve()
      }
      const timer = setTimeout(end, registryPollMs)
      signal.addEventListener('abort', end)
      wake = end
    })
  }

  async function lead(client: Client, signal: AbortSignal) {
    try {
      while (!signal.aborted) {
        const generations = await settle(client, ports, definition)
        const followed = generations.filter(({ version }) => version === definition.version)
        for (const { generation } of followed) {
          if (followers.has(generation)) continue
          followers.set(generation, createFollower(ports, definition, generation))
        }
        for (const [number, follower] of followers) {
          if (followed.some(({ generation }) => generation === number)) await tend(follower)
          else await stop(number, follower)
        }
        await pause(signal)
      }
    } finally {
      await Promise.all([...followers].map(([number, follower]) => stop(number, follower)))
    }
  }

  /** A follower that fails at it starts again by itself, and tells why. */
  const tend = (follower: Follower) => follower.tend().catch(() => {})

  async function stop(number: number, follower: Follower) {
    await follower.close()
    followers.delete(number)
  }

  const done = runForEver(ports, definition, lead, stopping.signal)

  return {
    /** An operator asked for something, or a switch happened. */
    wake: () => wake(),
    async close() {
      stopping.abort()
      await done
    },
  }
}

async function runForEver(
  { database, logger }: ProjectionPorts,
  definition: ProjectionDefinition,
  lead: (client: Client, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
) {
  const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => {})
  while (!signal.aborted) {
    let client: Client | undefined
    const leading = new AbortController()
    const end = () => leading.abort()
    signal.addEventListener('abort', end)
    try {
      client = await database.connect(`leader ${definition.name}`, signal)
      client.on('end', end)
      while (!leading.signal.aborted && !(await isElected(client, definition))) {
        await pause(electionPollMs)
      }
      await lead(client, leading.signal)
    } catch (error) {
      if (!signal.aborted) {
        logger.warn({ err: error, projection: definition.name }, 'leading a projection failed')
        await pause(pauseMs)
      }
    } finally {
      signal.removeEventListener('abort', end)
      await client?.end().catch(() => {})
    }
  }
}

async function isElected(client: Client, { name, version }: ProjectionDefinition) {
  const { rows } = await client.query<{ elected: boolean }>(
    `select pg_try_advisory_lock(hashtextextended('projection ' || $1, $2)) as elected`,
    [name, version],
  )
  return rows[0]?.elected ?? false
}

/**
 * Brings the registry to what this version of the code and the operators want, and returns the
 * generations: builds a new one for a raised version or a wanted rebuild, drops what is left over.
 */
async function settle(client: Client, ports: ProjectionPorts, definition: ProjectionDefinition) {
  const { name } = definition
  const state = await readState(client, definition)
  refuseChanged(definition, state.generations)
  if (state.wantsBuild || state.leftOver.length > 0) {
    await inTransaction(client, async () => {
      await client.query(`set local lock_timeout = ${dropTimeoutMs}`)
      await lockProjection(client, name)
      const { wantsBuild, leftOver } = await readState(client, definition)
      for (const generation of leftOver) await dropGeneration(client, generation)
      if (wantsBuild) await build(client, ports.database.routesRole, definition)
    })
    return await readGenerations(client, name)
  }
  return state.generations
}

async function readState(client: ClientBase, definition: ProjectionDefinition) {
  await client.query('insert into platform.projection (name) values ($1) on conflict do nothing', [
    definition.name,
  ])
  const { rows } = await client.query<{ version: number; requested: string | null }>(
    'select version, requested from platform.projection where name = $1',
    [definition.name],
  )
  const [registered] = rows
  const generations = await readGenerations(client, definition.name)
  const live = generations.find(({ status }) => status === 'live')
  const isRebuild = registered?.requested === 'rebuild' && live?.version === definition.version
  const wantsBuild = (registered?.version ?? 0) < definition.version || isRebuild
  // One is kept to go back to; one that is being built makes way for a newer one.
  const kept = rollbackTarget(generations)
  const leftOver = generations.filter(
    (each) =>
      (each.status === 'retired' && each !== kept) || (each.status === 'building' && wantsBuild),
  )
  return { generations, wantsBuild, leftOver }
}

async function build(client: ClientBase, routesRole: string, definition: ProjectionDefinition) {
  const { rows } = await client.query<{ generations: number }>(
    `update platform.projection
        set version = $2, generations = generations + 1, requested_at = null, requested = null
      where name = $1 returning generations`,
    [definition.name, definition.version],
  )
  await createGeneration(client, definition, rows[0]?.generations ?? 1, routesRole)
}

/** Throws ProjectionChanged where a generation of this version was built by other SQL. */
export function refuseChanged(
  definition: ProjectionDefinition,
  generations: readonly Generation[],
) {
  const checksum = checksumOf(definition)
  const changed = generations.find(
    (each) => each.version === definition.version && each.checksum !== checksum,
  )
  if (changed) {
    throw new ProjectionChanged(`the SQL of ${definition.name} has changed: raise its version`)
  }
}
