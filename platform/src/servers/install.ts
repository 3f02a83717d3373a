import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

/*
 * How programs are come by that npm does not have. Nothing here asks anything, or changes anything
 * outside the folder that is given, but what Homebrew installs.
 */

const installLimitMs = 300_000
const run = promisify(execFile)

/** Where programs lie that are not on everyone's PATH: Debian puts servers into /usr/sbin. */
const usual = ['/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin']

/** The paths at which a program of this name may lie on this machine, as they are searched. */
export function placesOf(name: string): string[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...usual]
  return folders.filter((folder) => folder !== '').map((folder) => join(folder, name))
}

/**
 * Unpacks a package of Debian, with what it needs and the system lacks, into a folder inside
 * `folder`; gives that, or undefined where there is no apt. Installs nothing: no root is needed,
 * and no service starts.
 */
export async function unpackDebian(name: string, folder: string): Promise<string | undefined> {
  if (!(await isInstalled('apt-get')) || !(await isInstalled('dpkg-deb'))) return undefined
  return inScratch(folder, async (scratch) => {
    await downloadPackages(name, scratch)
    const archives = (await readdir(scratch)).filter((file) => file.endsWith('.deb'))
    for (const archive of archives) {
      await runLimited('dpkg-deb', ['--extract', archive, 'content'], scratch)
    }
    return keep(join(scratch, 'content'), join(folder, name))
  })
}

const attemptsMax = 4
const attemptPauseMs = 5_000

/** A slim image has no list of packages; another process may be getting it at this moment. */
async function downloadPackages(name: string, scratch: string): Promise<void> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      await runLimited('apt-get', ['download', ...(await lacking(name, scratch))], scratch)
      return
    } catch (error) {
      if (process.getuid?.() !== 0 || attempt === attemptsMax) throw error
      await runLimited('apt-get', ['update'], scratch).catch(() => pause(attemptPauseMs))
    }
  }
}

/** The package, and of what it needs that which the system does not have. */
async function lacking(name: string, folder: string): Promise<string[]> {
  const simulation = ['--simulate', 'install', '--yes', '--no-install-recommends', name]
  const plan = await runLimited('apt-get', simulation, folder)
  const names = Array.from(plan.matchAll(/^Inst (\S+)/gm), ([, each = '']) => each)
  return [...new Set([name, ...names])]
}

/** False where there is no Homebrew. */
export async function installWithHomebrew(name: string): Promise<boolean> {
  if (!(await isInstalled('brew'))) return false
  await runLimited('brew', ['install', '--quiet', name], homedir())
  return true
}

export async function unpackArchive(archive: string, file: string, folder: string) {
  await runLimited('tar', ['-xzf', archive, file], folder)
}

/** Moves a file or folder into place in one step: two starts at once cannot meet half of it. */
export async function keep(made: string, place: string): Promise<string> {
  await rename(made, place).catch(async (error: unknown) => {
    const isThere = (await readdir(join(place, '..'))).includes(basename(place))
    if (!isThere) throw error // else another start was first, with the same
  })
  return place
}

export async function keepProgram(made: string, place: string): Promise<string> {
  await chmod(made, 0o755)
  await rename(made, place)
  return place
}

export async function inScratch<T>(folder: string, work: (scratch: string) => Promise<T>) {
  await mkdir(folder, { recursive: true })
  const scratch = await mkdtemp(join(folder, 'install-'))
  try {
    return await work(scratch)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function isInstalled(program: string) {
  return run('/bin/sh', ['-c', 'command -v "$0"', program]).then(
    () => true,
    () => false,
  )
}

async function runLimited(program: string, args: string[], cwd: string): Promise<string> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NONINTERACTIVE: '1' }
  try {
    const { stdout } = await run(program, args, { cwd, env, timeout: installLimitMs })
    return stdout
  } catch (cause) {
    throw new Error(`${program} ${args.join(' ')} failed`, { cause })
  }
}
