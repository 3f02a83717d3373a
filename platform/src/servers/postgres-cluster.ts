import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PostgresPrograms } from './postgres-programs.ts'
import { commandLineOf, recordOf, stopProcess } from './process-record.ts'

export type NewCluster = {
  readonly folder: string
  readonly superuser: string
  readonly password: string
  readonly durable: boolean
}

const stopLimitMs = 15_000
const run = promisify(execFile)

/** The environment of PostgreSQL's programs: English messages, and none of the PG* variables. */
export const postgresEnv = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/**
 * Makes the cluster when there is none. It is made beside and moved into place, so that an
 * interrupted start leaves no half of one.
 */
export async function makeCluster(cluster: NewCluster, programs: PostgresPrograms) {
  if (existsSync(join(cluster.folder, 'PG_VERSION'))) return
  const unfinished = `${cluster.folder}.unfinished`
  const passwordFile = `${cluster.folder}.password`
  await rm(unfinished, { recursive: true, force: true })
  await rm(passwordFile, { force: true })
  try {
    await mkdir(unfinished, { mode: 0o700 })
    await writeFile(passwordFile, cluster.password, { mode: 0o600 })
    if (programs.owner) {
      await chown(unfinished, programs.owner.uid, programs.owner.gid)
      await chown(passwordFile, programs.owner.uid, programs.owner.gid)
    }
    const { command, args, user } = programs.command('initdb', [
      `--pgdata=${unfinished}`,
      `--username=${cluster.superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The same order of text on every machine, whatever its C library thinks.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(cluster.durable ? [] : ['--no-sync']),
    ])
    await run(command, args, { env: postgresEnv, cwd: '/', ...user })
    await rename(unfinished, cluster.folder)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/**
 * Clears the way after a kill -9: stops a server that still runs on this cluster without its
 * starter, and removes the lock file. PostgreSQL would be stopped by it when its pid belongs to
 * another process by now, or to an ended one that nobody took notice of. Sessions that outlive
 * their server it finds without the file, by their shared memory.
 */
export async function stopFormerServer(folder: string) {
  const pid = Number((await readLockFile(folder))[0])
  const record = pid > 0 ? recordOf(pid) : undefined
  if (record && commandLineOf(pid)?.includes(folder)) {
    await stopProcess(record, 'SIGINT', stopLimitMs)
  }
  await rm(join(folder, 'postmaster.pid'), { force: true })
}

/** Whether the server of this pid takes connections: its lock file's last line says so. */
export async function takesConnections(folder: string, pid: number) {
  const lines = await readLockFile(folder)
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}

async function readLockFile(folder: string) {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')
  return text.split('\n')
}
