import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { contexts } from '@atrium/contracts/context.ts'
import { findNatsServer } from '@atrium/platform/servers/install-nats.ts'
import { startNatsServer } from '@atrium/platform/servers/nats-server.ts'
import { createOrphanGuard } from '@atrium/platform/servers/orphan-guard.ts'
import { isAlive } from '@atrium/platform/servers/process-record.ts'
import { parseNatsUrl } from '@atrium/platform/messaging/nats-url.ts'
import { readRunFile } from '@atrium/platform/servers/run-file.ts'
import { createTestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { connect } from 'nats'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type StartOptions,
  type StubPlatform,
  areGone,
  createStubPlatform,
  processesOf,
} from '../test/stub-platform.ts'

const waiting = { timeout: 60_000, interval: 50 }

let platform: StubPlatform
const starts: ReturnType<StubPlatform['start']>[] = []

beforeEach(async () => {
  platform = await createStubPlatform()
})

afterEach(async () => {
  for (const { child } of starts) child.kill('SIGTERM')
  await Promise.all(starts.splice(0).map(({ ended }) => ended))
  await platform.remove()
})

function start(options?: StartOptions, of = platform) {
  const started = of.start(options)
  starts.push(started)
  return started
}

async function query(url: string, text: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

/** What a stub of this process was given. */
async function environmentOf(url: string) {
  return (await (await fetch(url)).json()) as Record<string, string>
}

const modeOf = async (file: string) => (await stat(join(platform.dataFolder, file))).mode & 0o777

const databaseUrlOf = async () => {
  const run = await readRunFile(platform.dataFolder)
  return run?.contexts.instances?.databaseUrl ?? ''
}
const leaveNote = async () => {
  await query(await databaseUrlOf(), `create table note as select 'kept' as body`)
}
const readNotes = async () => query(await databaseUrlOf(), 'select body from note')

describe('the start', () => {
  it('says when everything answers, and where the password of the administrator is', async () => {
    const started = start()
    const run = await started.untilReady()
    const lines = started.printed().trimEnd().split('\n')
    expect(lines.at(-1)).toBe(`Atrium is ready: http://localhost:${platform.port}`)
    expect(lines.at(-2)).toContain(join(platform.dataFolder, 'admin.json'))
    expect(run.state).toBe('ready')
    expect((await fetch(run.url.replace('localhost', '127.0.0.1'))).status).toBe(200)
    expect(await modeOf('admin.json')).toBe(0o600)
    expect(await modeOf('secrets.json')).toBe(0o600)
    expect(await modeOf('run.json')).toBe(0o600)
  })

  it('gives each process what it needs, and no secret of another', async () => {
    const run = await start({
      env: { ATRIUM_ADMIN_EMAIL: 'a@example.com', ATRIUM_ADMIN_PASSWORD: 'given', EXTRA: 'yes' },
    }).untilReady()
    const auth = await environmentOf(run.contexts.auth?.url ?? '')
    const instances = await environmentOf(run.contexts.instances?.url ?? '')
    const gateway = await environmentOf(run.processes['gateway']?.url ?? '')
    expect(auth).toMatchObject({
      ATRIUM_ADMIN_EMAIL: 'a@example.com',
      ATRIUM_ADMIN_PASSWORD: 'given',
      AUTH_SECRET: expect.stringMatching(/^[\w-]{43}$/) as string,
      MAIL_DIR: join(platform.dataFolder, 'mail'),
      DATABASE_URL: run.contexts.auth?.databaseUrl,
      DATABASE_ROUTES_URL: run.contexts.auth?.routesUrl,
      NATS_URL: run.natsUrl,
      EXTRA: 'yes',
    })
    expect(instances['AUTH_SECRET']).toBeUndefined()
    expect(instances['ATRIUM_ADMIN_PASSWORD']).toBeUndefined()
    expect(gateway['DATABASE_URL']).toBeUndefined()
    expect(gateway['SERVICE_SECRET']).toBeUndefined()
    expect(instances['SERVICE_SECRET']).toBe(auth['SERVICE_SECRET'])
    expect(gateway).toMatchObject({
      PORT: String(platform.port),
      INSTANCES_URL: run.contexts.instances?.url,
      PDF_URL: run.contexts.pdf?.url,
    })
    await expect(readFile(join(platform.dataFolder, 'admin.json'))).rejects.toThrow('ENOENT')
  })

  it('stops everything in order at a signal; the next start continues with the data', async () => {
    const first = start()
    const run = await first.untilReady()
    await leaveNote()
    first.child.kill('SIGINT')
    expect(await first.ended).toBe(0)
    expect(areGone(run)).toBe(true)
    expect(await readRunFile(platform.dataFolder)).toBeUndefined()
    const stoppedAt = async (name: string) =>
      Number((await readFile(run.processes[name]?.logFile ?? '', 'utf8')).split(' ').at(-1))
    expect(await stoppedAt('gateway')).toBeLessThan(await stoppedAt('instances'))
    await start().untilReady()
    expect(await readNotes()).toEqual([{ body: 'kept' }])
  })

  it('begins anew with --fresh', async () => {
    const first = start()
    await first.untilReady()
    await leaveNote()
    first.child.kill('SIGTERM')
    await first.ended
    await start({ args: ['--fresh'] }).untilReady()
    await expect(readNotes()).rejects.toThrow('does not exist')
  })

  it('stops when the process that started it ends', async () => {
    const first = start()
    const run = await first.untilReady()
    first.child.disconnect()
    expect(await first.ended).toBe(0)
    expect(areGone(run)).toBe(true)
  })

  it('can be interrupted before everything is up', async () => {
    const first = start()
    await vi.waitFor(() => expect(first.printed()).toContain('Starting'), waiting)
    first.child.kill('SIGINT')
    expect(await first.ended).toBe(1)
    expect(first.printed()).toContain('Stopped before everything was up.')
    await start().untilReady()
  })
})

describe('after kill -9', () => {
  it('of the starter alone, its processes end, and a start at once continues', async () => {
    const first = start()
    const run = await first.untilReady()
    await leaveNote()
    first.child.kill('SIGKILL')
    await first.ended
    await start().untilReady()
    await vi.waitFor(() => expect(areGone(run)).toBe(true), waiting)
    expect(await readNotes()).toEqual([{ body: 'kept' }])
  })

  it('of everything, a start continues', async () => {
    const first = start()
    const run = await first.untilReady()
    await leaveNote()
    first.child.kill('SIGKILL')
    for (const { pid } of processesOf(run)) process.kill(pid, 'SIGKILL')
    await first.ended
    await start().untilReady()
    expect(await readNotes()).toEqual([{ body: 'kept' }])
  })

  it('of the starter and its guard, the next start stops what they left', async () => {
    const first = start()
    const run = await first.untilReady()
    await leaveNote()
    process.kill(run.guard.pid, 'SIGKILL')
    first.child.kill('SIGKILL')
    await first.ended
    const { nats, postgres } = run.processes
    expect([nats, postgres].map((record) => record && isAlive(record))).toEqual([true, true])
    await start().untilReady()
    await vi.waitFor(() => expect(areGone(run)).toBe(true), waiting)
    expect(await readNotes()).toEqual([{ body: 'kept' }])
  })

  it.each(['instances', 'gateway', 'nats', 'postgres'])(
    'of %s, it is started again at its address',
    async (name) => {
      const run = await start().untilReady()
      await leaveNote()
      const former = run.processes[name]
      process.kill(former?.pid ?? 0, 'SIGKILL')
      const next = await vi.waitFor(async () => {
        const now = (await readRunFile(platform.dataFolder))?.processes[name]
        expect(now?.pid).not.toBe(former?.pid)
        return now
      }, waiting)
      expect(next?.url).toBe(former?.url)
      expect(await readNotes()).toEqual([{ body: 'kept' }])
    },
  )
})

describe('a start that cannot succeed says so in one sentence and leaves nothing', () => {
  it('when a service does not come up', async () => {
    const started = start({ env: { STUB_FAILS: 'instances' } })
    expect(await started.ended).toBe(1)
    const log = join(platform.dataFolder, 'logs/instances.log')
    expect(started.printed()).toMatch(
      new RegExp(`\ninstances ended with code 3 before it was ready: see ${log}\\.\n$`),
    )
    expect(await readRunFile(platform.dataFolder)).toBeUndefined()
    await start().untilReady()
  })

  it.each(['instances', 'gateway'])('when %s fails while others are waited for', async (name) => {
    const started = start({ env: { STUB_FAILS: name, STUB_SILENT: 'auth' } })
    expect(await started.ended).toBe(1)
    expect(started.printed()).toMatch(new RegExp(`\n${name} ended with code 3 [^\n]*\n$`))
  })

  it.each([
    ['DATABASE_URL', 'postgres://a:hidden@127.0.0.1:1/x'],
    ['DATABASE_URL', 'nonsense'],
    ['NATS_URL', 'nats://a:hidden@127.0.0.1:1'],
  ])('when the server of %s, %s, is not there', async (variable, url) => {
    const started = start({ env: { [variable]: url } })
    expect(await started.ended).toBe(1)
    expect(started.printed()).toMatch(
      new RegExp(`^The server of ${variable} does not let us in \\(.*\\): start it, [^\n]*\n$`),
    )
    expect(started.printed()).not.toContain('hidden')
  })

  it('when the port is in use', async () => {
    const other = createServer().listen(platform.port, '127.0.0.1')
    await vi.waitFor(() => expect(other.listening).toBe(true), waiting)
    const started = start()
    expect(await started.ended).toBe(1)
    expect(started.printed()).toBe(
      `Port ${platform.port} is in use: stop what uses it, or set ATRIUM_PORT to another one.\n`,
    )
    other.close()
  })

  it('when another one runs on the data folder, which goes on', async () => {
    const run = await start().untilReady()
    const second = start()
    expect(await second.ended).toBe(1)
    expect(second.printed()).toContain('set ATRIUM_DATA and ATRIUM_PORT to run a second one')
    expect(await readRunFile(platform.dataFolder)).toEqual(run)
  })
})

it('servers that are given are used, and --fresh empties them of what is ours', async () => {
  const given = await createTestDatabase()
  const guard = createOrphanGuard()
  // One of its own: others of this run have streams of these names.
  const { url } = await startNatsServer(
    {
      program: await findNatsServer(join(platform.root, 'bin')),
      folder: join(platform.root, 'nats'),
      logFile: join(platform.root, 'nats.log'),
      user: 'a',
      password: 'b',
    },
    guard,
  )
  const env = { DATABASE_URL: given.adminUrl, NATS_URL: url }
  const nats = await connect(parseNatsUrl(url))
  const { streams } = await nats.jetstreamManager()
  try {
    const first = start({ env })
    const run = await first.untilReady()
    expect(Object.keys(run.processes).toSorted()).toEqual(['gateway', ...contexts].toSorted())
    await leaveNote()
    await streams.add({ name: 'ATRIUM_AUTH', subjects: ['atrium.auth.>'] })
    first.child.kill('SIGTERM')
    await first.ended
    await start({ env, args: ['--fresh'] }).untilReady()
    await expect(readNotes()).rejects.toThrow('does not exist')
    await expect(streams.info('ATRIUM_AUTH')).rejects.toThrow('stream not found')
    expect(await query(given.ownerUrl, 'select 1 as others')).toEqual([{ others: 1 }])
  } finally {
    await nats.close()
    await guard.close()
    await given.drop()
  }
})

it('two copies run side by side', async () => {
  const beside = await createStubPlatform()
  try {
    const [one, other] = await Promise.all([
      start().untilReady(),
      start(undefined, beside).untilReady(),
    ])
    expect(one.postgresUrl).not.toBe(other.postgresUrl)
    expect(one.natsUrl).not.toBe(other.natsUrl)
  } finally {
    for (const { child } of starts) child.kill('SIGTERM')
    await Promise.all(starts.map(({ ended }) => ended))
    await beside.remove()
  }
})
