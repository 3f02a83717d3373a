import { newId } from '@atrium/platform/identifier.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WhichUpload } from '../src/resumable/lease-table.ts'
import { createUploadLeases, type Lease, type LeaseTimes } from '../src/resumable/leases.ts'
import { createAssetsContext, type AssetsContext } from './assets-context.ts'
import { quickLeases } from './resumable-life.ts'

let context: AssetsContext
let which: WhichUpload
beforeAll(async () => {
  context = await createAssetsContext()
})
afterAll(() => context.close())
beforeEach(() => {
  which = { tenant: 'acme', uploadId: newId('ast') }
})

const logger = createLogger({ name: 'test', level: 'silent' })
const startProcess = (times: Partial<LeaseTimes> = {}) =>
  createUploadLeases({
    owner: context.database.owner,
    logger,
    times: { ...quickLeases, ...times },
  })

/** Work that goes on until it is ended, or its lease is. */
function endless(leases: ReturnType<typeof startProcess>, note: (lease: Lease) => void = () => {}) {
  const begun = Promise.withResolvers<Lease>()
  const finished = Promise.withResolvers<void>()
  const done = leases.hold(which, async (lease) => {
    lease.signal.addEventListener('abort', () => finished.resolve())
    note(lease)
    begun.resolve(lease)
    await finished.promise
  })
  return { lease: begun.promise, end: finished.resolve, done }
}

/** Bytes that come one after the other, so that nobody takes the sender for dead. */
function busy(leases: ReturnType<typeof startProcess>) {
  let beat: NodeJS.Timeout | undefined
  const work = endless(leases, (lease) => {
    beat = setInterval(() => {
      try {
        lease.note()
      } catch {
        clearInterval(beat) // the lease is lost, which its signal tells
      }
    }, 20)
  })
  return { ...work, done: work.done.finally(() => clearInterval(beat)) }
}

const hold = (leases: ReturnType<typeof startProcess>) =>
  leases.hold(which, async ({ isTakenOver }) => isTakenOver)

describe.each([
  ['in one process', (first: ReturnType<typeof startProcess>) => first],
  ['in two', () => startProcess({ waitMs: 400 })],
])('a lease, asked for %s', (_where, otherOf) => {
  it('is one request’s at a time, and free when that ends', async () => {
    const first = startProcess({ waitMs: 400 })
    const other = otherOf(first)
    const work = busy(first)
    await work.lease
    await expect(hold(other)).rejects.toThrow('upload-locked')
    work.end()
    await work.done
    expect(await hold(other)).toBe(false)
  })

  it('is given up by a request to which nothing comes', async () => {
    const first = startProcess({ waitMs: 5_000 })
    const other = otherOf(first) === first ? first : startProcess()
    const work = endless(first)
    const { signal } = await work.lease
    expect(await hold(other)).toBe(false)
    expect(signal.aborted).toBe(true)
    await work.done
  })

  it('is given up to nobody while its upload is being finished', async () => {
    const first = startProcess({ waitMs: 600 })
    const other = otherOf(first)
    const work = endless(first, (lease) => lease.settle())
    await work.lease
    await expect(hold(other)).rejects.toThrow('upload-locked')
    work.end()
    await work.done
  })
})

it('of a process that died is taken over when its time is over, and said to be', async () => {
  const dead = startProcess({ renewEveryMs: 3_600_000 })
  const work = endless(dead, (lease) => lease.settle())
  const lease = await work.lease
  expect(await hold(startProcess())).toBe(true)
  await expect(lease.demand()).rejects.toThrow('upload-locked')
  await work.done
  expect(await hold(startProcess())).toBe(false)
})

it('is over by its own clock where the table cannot be asked', async () => {
  const owner = {
    query: vi.fn<() => Promise<unknown>>().mockResolvedValueOnce({
      rows: [{ is_taken_over: false }],
    }),
  }
  owner.query.mockRejectedValue(new Error('the database is away'))
  const leases = createUploadLeases({ owner: owner as never, logger, times: quickLeases })
  const work = busy(leases)
  const { signal } = await work.lease
  await work.done
  expect(signal.aborted).toBe(true)
})

it('is nudged out of the hands of a silent sender, and waits for nobody else', async () => {
  const leases = startProcess()
  await leases.nudge(which)
  const work = busy(leases)
  await work.lease
  await leases.nudge(which)
  expect((await work.lease).signal.aborted).toBe(false)
  work.end()
  await work.done
  const silent = endless(leases)
  const { signal } = await silent.lease
  await vi.waitFor(async () => {
    await leases.nudge(which)
    expect(signal.aborted).toBe(true)
  }, 60_000)
  await silent.done
})
