import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createConfinement, type Confinement } from '../src/isolation/confinement.ts'
import { createOutlivedGuard } from '../src/isolation/outlived-guard.ts'
import { createPool, type Pool } from '../src/isolation/pool.ts'
import type { TaskLimits, TaskOutcome } from '../src/isolation/protocol.ts'

const limits: TaskLimits = {
  memoryBytesMax: 256 * 1_048_576,
  timeoutMs: 20_000,
  pagesMax: 1_000,
  outputBytesMax: 1_048_576,
}
const program = new URL('programs/hostile-process.ts', import.meta.url)
const logger = createLogger({ name: 'test', level: 'silent' })

const guard = createOutlivedGuard()
let confinement: Confinement
let pool: Pool
beforeAll(async () => {
  confinement = await createConfinement(limits.memoryBytesMax)
  pool = createTestPool()
})
afterAll(async () => {
  await pool.close()
  guard.close()
})

function createTestPool(options: { capacity?: number; tasksMax?: number } = {}): Pool {
  return createPool({
    program,
    confinement,
    priority: 'normal',
    guard,
    capacity: 2,
    sparesMax: 1,
    tasksMax: 1_000,
    keptBytesMax: limits.memoryBytesMax,
    logger,
    ...options,
  })
}

interface Given {
  readonly tenant?: string
  readonly limits?: Partial<TaskLimits>
  readonly signal?: AbortSignal
  readonly from?: Pool
  readonly consume?: () => Promise<void>
}

/** Lets a process do a deed; with what it made and told. */
async function run(deed: string, argument = '', given: Given = {}) {
  let bytes = Buffer.alloc(0)
  const progress: number[] = []
  const outcome = await (given.from ?? pool).run(given.tenant ?? 'acme', {
    task: { deed, argument },
    limits: { ...limits, ...given.limits },
    async consume(output) {
      await given.consume?.()
      bytes = await buffer(output)
    },
    onProgress: (page) => progress.push(page),
    signal: given.signal ?? new AbortController().signal,
  })
  return { outcome, bytes, progress }
}

const valueOf = (outcome: TaskOutcome) => (outcome.status === 'done' ? outcome.value : outcome)
const told = async (deed: string, argument = '', given: Given = {}) =>
  valueOf((await run(deed, argument, given)).outcome)

describe('a task', () => {
  it('gives its bytes as they were written, its progress and its value', async () => {
    const text = 'ß€'.repeat(100_000)
    const { outcome, bytes, progress } = await run('write', text)
    expect(outcome).toMatchObject({ status: 'done', value: { pageCount: 2 } })
    expect(bytes.toString()).toBe(text)
    expect(progress).toEqual([1, 2])
  })

  it('is refused for what lies in its input, and the process goes on', async () => {
    const before = await told('pid')
    const { outcome } = await run('refuse')
    expect(outcome).toEqual({ status: 'refused', reason: { errorCode: 'dead-links' } })
    expect(await told('pid')).toBe(before)
  })

  it('throws what takes its bytes throws', async () => {
    const full = () => Promise.reject(new Error('no room'))
    await expect(run('write', 'x', { consume: full })).rejects.toThrow('no room')
    expect((await run('write', 'x')).bytes.toString()).toBe('x')
  })

  it('waits for its turn where all processes are busy', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, index) => run('write', `text ${index}`)),
    )
    expect(outcomes.map(({ bytes }) => bytes.toString())).toEqual(
      Array.from({ length: 6 }, (_, index) => `text ${index}`),
    )
  })
})

describe('a limit', () => {
  it('of time ends a program that loops for ever', async () => {
    const { outcome } = await run('loop', '', { limits: { timeoutMs: 300 } })
    expect(outcome).toMatchObject({
      status: 'limit',
      hit: { setting: 'PDF_TIMEOUT_SECONDS', limit: 300, unit: 'milliseconds' },
    })
  })

  it.each(['fillHeap', 'fillMemory'])(
    'of memory ends a program that takes it: %s',
    async (deed) => {
      const { outcome } = await run(deed)
      expect(outcome).toMatchObject({
        status: 'limit',
        hit: { setting: 'MAX_PDF_MEMORY_MB', limit: limits.memoryBytesMax, unit: 'bytes' },
      })
    },
  )

  it('of size ends a program that writes for ever, counted as the bytes leave', async () => {
    const { outcome } = await run('writeForEver')
    const limit = limits.outputBytesMax
    expect(outcome).toMatchObject({
      status: 'limit',
      hit: { setting: 'MAX_PDF_SIZE_MB', limit, unit: 'bytes' },
    })
    const value = outcome.status === 'limit' ? outcome.hit.value : 0
    expect(value).toBeGreaterThan(limit)
    expect(value).toBeLessThan(limit + 1_048_576)
  })

  it('of pages ends a program that tells of more', async () => {
    const { outcome } = await run('tellPages', '1001')
    expect(outcome).toEqual({
      status: 'limit',
      hit: { setting: 'MAX_PDF_PAGES', limit: 1_000, value: 1_001, unit: 'pages' },
    })
  })

  it('leaves the service able to render the next', async () => {
    expect((await run('write', 'still there')).bytes.toString()).toBe('still there')
  })
})

describe('a process', () => {
  it.each([
    ['throw', ''],
    ['exit', 'SIGKILL'],
    ['exit', 'SIGSEGV'],
    ['babble', ''],
  ])('that ends without an answer has crashed: %s %s', async (deed, argument) => {
    const { outcome } = await run(deed, argument)
    expect(outcome.status).toBe('crashed')
  })

  it('that claims bytes which never come is ended by its time', async () => {
    const { outcome } = await run('lie', '5', { limits: { timeoutMs: 300 } })
    expect(outcome.status).toBe('limit')
  })

  it('is killed when nobody wants its task any more', async () => {
    const controller = new AbortController()
    const running = run('wait', '', { signal: controller.signal })
    controller.abort()
    expect((await running).outcome).toEqual({ status: 'aborted' })
    expect((await run('wait', '', { signal: AbortSignal.abort() })).outcome.status).toBe('aborted')
  })

  it('is used again by its tenant, and never by another', async () => {
    const own = createTestPool({ capacity: 1 })
    const ask = (tenant: string) => told('pid', '', { tenant, from: own })
    const first = await ask('acme')
    expect(await ask('acme')).toBe(first)
    const second = await ask('zenith')
    expect(second).not.toBe(first)
    expect(await ask('acme')).not.toBe(first)
    await own.close()
  })

  it('is replaced after so many tasks', async () => {
    const own = createTestPool({ capacity: 1, tasksMax: 2 })
    const pids = []
    for (let index = 0; index < 4; index += 1) pids.push(await told('pid', '', { from: own }))
    expect(pids[1]).toBe(pids[0])
    expect(pids[2]).not.toBe(pids[1])
    expect(pids[3]).toBe(pids[2])
    await own.close()
  })

  it('has a folder of its own that goes with it', async () => {
    const own = createTestPool({ capacity: 1 })
    const folder = String(await told('folder', '', { from: own }))
    await told('keepFile', '', { from: own })
    expect(existsSync(`${folder}/mine`)).toBe(true)
    await own.close()
    expect(existsSync(folder)).toBe(false)
  })
})

describe('a render that never gives way', () => {
  it('ends with its service, also when that is killed, and so does its folder', async () => {
    const service = fork(new URL('programs/service-process.ts', import.meta.url))
    const said: unknown[] = []
    service.on('message', (message) => said.push(message))
    await expect.poll(() => said).toHaveLength(2)
    const [pid, folder] = said as [number, string]
    expect([isAlive(pid), existsSync(folder)]).toEqual([true, true])
    service.kill('SIGKILL')
    await expect.poll(() => isAlive(pid)).toBe(false)
    await expect.poll(() => existsSync(folder)).toBe(false)
  })

  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
})

describe('inside', () => {
  let server: Server
  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
  })
  afterAll(() => server.close())

  it('there is no environment but a fixed one', async () => {
    const names = Object.keys((await told('environment')) as object)
    expect(names.toSorted()).toEqual(['FONTCONFIG_FILE', 'LANG', 'PATH', 'TZ'])
  })

  it('nothing can be read but the code', async () => {
    expect(await told('read', '/etc/passwd')).toBe('ERR_ACCESS_DENIED')
    expect(await told('read', `${import.meta.dirname}/../../../.atrium/admin.json`)).toBe(
      'ERR_ACCESS_DENIED',
    )
  })

  it('nothing can be written but the folder of its own, and nothing run', async () => {
    expect(await told('writeFile', `${import.meta.dirname}/x`)).toBe('ERR_ACCESS_DENIED')
    expect(await told('run', '/bin/true')).toBe('ERR_ACCESS_DENIED')
  })

  it('there is no network, where the system can take it away', async () => {
    const { port } = server.address() as AddressInfo
    const expected = confinement.hasNetwork ? 'connected' : 'ENETUNREACH'
    expect(await told('connect', String(port))).toBe(expected)
  })
})
