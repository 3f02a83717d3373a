import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { type OrphanGuard, createOrphanGuard } from './orphan-guard.ts'
import { findPostgresPrograms } from './postgres-programs.ts'

let guard: OrphanGuard
let parent: string

beforeEach(async () => {
  guard = createOrphanGuard()
  parent = await mkdtemp(join(tmpdir(), 'atrium-postgres-'))
})

afterEach(async () => {
  await guard.close()
  await rm(parent, { recursive: true, force: true })
})

const start = () =>
  startEmbeddedPostgres(
    {
      folder: join(parent, 'postgres'),
      logFile: join(parent, 'postgres.log'),
      password: 'a-password',
      durable: false,
    },
    guard,
  )

async function withClient<T>({ superuserUrl }: EmbeddedPostgres, work: (client: Client) => T) {
  const client = new Client({ connectionString: superuserUrl })
  client.on('error', () => undefined) // its server is killed
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const writeNote = (server: EmbeddedPostgres) =>
  withClient(server, async (client) => {
    await client.query('create table note (body text)')
    await client.query(`insert into note values ('kept')`)
  })

const readNotes = (server: EmbeddedPostgres) =>
  withClient(server, async (client) => {
    const { rows } = await client.query<{ body: string }>('select body from note')
    return rows
  })

it('continues with its data after a stop', async () => {
  const first = await start()
  await writeNote(first)
  await first.stop()
  expect(await first.ended).toBe('ended with code 0')
  const second = await start()
  expect(await readNotes(second)).toEqual([{ body: 'kept' }])
})

it('continues after kill -9, while a session of the killed server still works', async () => {
  const first = await start()
  await writeNote(first)
  await withClient(first, async (client) => {
    const work = client.query('select count(*) from generate_series(1, 20000000)')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    const second = await start()
    expect(await readNotes(second)).toEqual([{ body: 'kept' }])
    await work
  })
})

it('stops a server that was left behind on the same folder', async () => {
  const first = await start()
  await writeNote(first)
  const second = await start()
  expect(await first.ended).toBe('ended with code 0')
  expect(await readNotes(second)).toEqual([{ body: 'kept' }])
})

describe('starts although the pid in its lock file', () => {
  const startAfterKill = async (pid: number) => {
    const first = await start()
    const lockFile = join(parent, 'postgres', 'postmaster.pid')
    const [, ...rest] = (await readFile(lockFile, 'utf8')).split('\n')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    await writeFile(lockFile, [pid, ...rest].join('\n'))
    const second = await start()
    expect(second.hasEnded()).toBe(false)
  }

  // PostgreSQL minds only processes of its own user.
  const runShell = (script: string) =>
    spawn('/bin/sh', ['-c', script], { ...findPostgresPrograms(parent).owner, cwd: '/' })

  it('now belongs to another process', async () => {
    const other = runShell('exec sleep 600')
    await startAfterKill(other.pid ?? 0)
    other.kill()
  })

  it('belongs to an ended process that nobody took notice of', async () => {
    const parentOfEnded = runShell('true & echo $!; exec sleep 600')
    const [pid] = (await once(parentOfEnded.stdout, 'data')) as [Buffer]
    await startAfterKill(Number(pid))
    parentOfEnded.kill()
  })
})

it('makes a new cluster when the making of the first one was interrupted', async () => {
  await mkdir(join(parent, 'postgres.unfinished'))
  await writeFile(join(parent, 'postgres.unfinished/PG_VERSION'), 'half')
  await writeFile(join(parent, 'postgres.password'), 'left behind')
  await start()
  await expect(readFile(join(parent, 'postgres.password'))).rejects.toThrow('ENOENT')
})

it('runs below a folder that only its owner may enter', async () => {
  await chmod(parent, 0o700)
  await writeNote(await start())
})

it('asks for the password, on the loopback address alone', async () => {
  const server = await start()
  const stranger = new Client({ connectionString: server.superuserUrl.replace('a-p', 'b-p') })
  await expect(stranger.connect()).rejects.toThrow('password authentication failed')
  const shown = await withClient(server, (client) => client.query('show listen_addresses'))
  expect(shown.rows).toEqual([{ listen_addresses: '127.0.0.1' }])
})
