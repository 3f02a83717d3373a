import type { DomainEvent } from '@atrium/platform/decider/decider.ts'
import { newCommandId } from '@atrium/platform/identifier.ts'
import type { ReactedEvent, ReactionDefinition } from '@atrium/platform/reactions/reaction.ts'
import { storeGiveUpAfterMs } from '@atrium/platform/event-store/port.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { followInstanceOnInstanceDeleted } from '../src/reactions/follow-instance-on-instance-deleted.ts'
import { followProjectOnProjectDeleted } from '../src/reactions/follow-project-on-project-deleted.ts'
import type { Deps } from '../src/reactions/follow-source.ts'
import { removeAllOnTenantRemoved } from '../src/reactions/remove-all-on-tenant-removed.ts'
import { plannerContent } from './planner.ts'
import { createService, type Service } from './service-context.ts'

// What becomes of jobs when that from which they were made is deleted, restored, or gone for good.

let service: Service
let deps: Deps
beforeAll(async () => {
  service = await createService()
  service.start()
  deps = {
    aggregates: service.aggregates,
    database: service.database,
    waitVisible: (position) => service.projections.waitFor(position),
    onRemoved: () => {},
  }
})
afterAll(() => service.close())

const ownerId = `usr_${'0a'.repeat(16)}`
const instanceId = `ins_${'1'.repeat(32)}`
let projectId: string
let number = 0

beforeEach(() => {
  number += 1
  projectId = `prj_${String(number).padStart(32, '0')}`
  service.projects.set(projectId, {
    id: projectId,
    instanceId,
    ownerId,
    name: 'A project',
    kind: 'planner',
    content: plannerContent(`project ${number}`),
  })
})

/** Lets the reaction handle an event of another context, as it is delivered. */
async function happens<Event extends DomainEvent>(
  reaction: ReactionDefinition<Event, Deps>,
  event: Event,
  tenant = 'acme',
) {
  const id = newCommandId()
  const delivered = {
    ...event,
    reaction: reaction.name,
    id,
    stream: `${reaction.source}.thing-${tenant}:1`,
    revision: 0,
    position: 1,
    recordedAt: '2026-01-01T00:00:00.000Z',
    metadata: { tenant, actor: {}, correlationId: id, commandId: id, schemaVersion: 1 },
  } as ReactedEvent<Event>
  for (const _ of ['first', 'again']) {
    const written = await reaction.react(delivered, deps, new AbortController().signal)
    if (written?.position !== undefined) await service.projections.waitFor(written.position)
  }
  await service.projections.waitFor(await service.store.headPosition())
}

const of = () => ({ projectId, instanceId, ownerId })
const projectDeleted = () =>
  happens(followProjectOnProjectDeleted, {
    type: 'ProjectDeleted',
    data: {
      ...of(),
      deletedBy: ownerId,
      deletedAt: '2026-01-01T00:00:00.000Z',
      purgeAt: '2026-02-01T00:00:00.000Z',
    },
  })

async function ended(id: string, status = 'completed') {
  await expect.poll(async () => (await service.jobOf(id)).status).toBe(status)
}
const statusOf = async (id: string, path = '') =>
  (await service.ask('GET', `/v1/pdf/jobs/${id}${path}`)).status

describe('a deleted project', () => {
  it('hides its PDFs, and shows them again when it is restored', async () => {
    const job = await service.request({ projectId })
    expect(job).toMatchObject({ projectId, instanceId, title: `project ${number}` })
    await ended(job.id)
    await projectDeleted()
    expect(await statusOf(job.id)).toBe(404)
    expect(await statusOf(job.id, '/download')).toBe(404)
    const list = await service.ask('GET', `/v1/pdf/jobs?projectId=${projectId}`)
    expect(list.body.items).toEqual([])

    await happens(followProjectOnProjectDeleted, {
      type: 'ProjectRestored',
      data: { ...of(), restoredBy: ownerId, restoredAt: '2026-01-01T00:00:00.000Z' },
    })
    expect(await statusOf(job.id, '/download')).toBe(200)
  })

  it('cancels its jobs that are under way or wait', async () => {
    service.projects.set(projectId, {
      ...service.projects.get(projectId),
      content: plannerContent('loop'),
    } as never)
    const jobs = [
      await service.request({ projectId }),
      await service.request({ projectId, strict: true }),
      await service.request({ projectId, export: 'flattened' }),
    ]
    await ended(jobs[0]?.id ?? '', 'processing')
    await projectDeleted()
    for (const { id } of jobs) {
      const { state } = await service.jobs.load('acme', id)
      expect(state.status).toBe('cancelled')
    }
    const events = await Array.fromAsync(service.store.readStream(`pdf.job-acme:${jobs[0]?.id}`))
    expect(events.at(-1)).toMatchObject({
      type: 'PdfCancelled',
      data: { reason: 'project-deleted' },
    })
  })

  it('cancels what is asked for at that very moment, when it comes to its turn', async () => {
    await projectDeleted()
    const job = await service.request({ projectId })
    await expect
      .poll(async () => (await service.jobs.load('acme', job.id)).state.status)
      .toBe('cancelled')
  })

  it('removes its PDFs, bytes and all, when it is purged', async () => {
    const job = await service.request({ projectId })
    await ended(job.id)
    const { state } = await service.jobs.load('acme', job.id)
    const key = state.status === 'completed' ? `acme/${state.result.resultId}` : ''
    await projectDeleted()
    await happens(followProjectOnProjectDeleted, {
      type: 'ProjectPurged',
      data: { ...of(), purgedAt: '2026-01-01T00:00:00.000Z' },
    })
    expect((await service.jobs.load('acme', job.id)).state.status).toBe('removed')
    expect(await service.storedKeys()).toContain(key)
    await service.letGo()
    await service.letGo()
    expect(await service.storedKeys()).not.toContain(key)
  })
})

describe('a deleted instance', () => {
  it('hides, shows and removes what was made from its projects', async () => {
    const job = await service.request({ projectId })
    await ended(job.id)
    const inline = await service.request({ project: plannerContent('of no instance') })
    const data = { instanceId, ownerId }
    await happens(followInstanceOnInstanceDeleted, {
      type: 'InstanceDeleted',
      data: {
        ...data,
        deletedAt: '2026-01-01T00:00:00.000Z',
        purgeAt: '2026-02-01T00:00:00.000Z',
      },
    })
    expect(await statusOf(job.id)).toBe(404)
    expect(await statusOf(inline.id)).toBe(200)
    await happens(followInstanceOnInstanceDeleted, {
      type: 'InstanceRestored',
      data: { ...data, restoredAt: '2026-01-01T00:00:00.000Z' },
    })
    expect(await statusOf(job.id)).toBe(200)
    await happens(followInstanceOnInstanceDeleted, {
      type: 'InstancePurged',
      data: { ...data, purgedAt: '2026-01-01T00:00:00.000Z' },
    })
    expect((await service.jobs.load('acme', job.id)).state.status).toBe('removed')
    expect(await statusOf(inline.id)).toBe(200)
  })
})

describe('a removed tenant', () => {
  it('loses everything, also what is more than a reaction removes by itself', async () => {
    const as = { tenant: 'doomed' }
    const job = await service.request({ project: plannerContent('doomed') }, as)
    await expect.poll(async () => (await service.jobOf(job.id, as)).status).toBe('completed')
    await happens(
      removeAllOnTenantRemoved,
      {
        type: 'TenantRemoved',
        data: { tenantId: 'doomed', removedAt: '2026-01-01T00:00:00.000Z' },
      },
      'doomed',
    )
    await service.letGo()
    await service.letGo()
    const keys = await service.storedKeys()
    expect(keys.filter((key) => key.startsWith('doomed/'))).toEqual([])
    const late = await service.lay({ tenant: 'doomed' })
    await service.letGo()
    expect((await service.jobs.load('doomed', late.jobId)).state.status).toBe('removed')
  })
})

it.each([followProjectOnProjectDeleted, followInstanceOnInstanceDeleted, removeAllOnTenantRemoved])(
  'the reaction $name outlasts the patience of the event store',
  ({ timeoutMs }) => {
    expect(timeoutMs).toBeGreaterThan(storeGiveUpAfterMs)
  },
)
