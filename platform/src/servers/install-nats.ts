import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { natsVersion } from './nats-server.ts'

export type NatsRelease = {
  readonly version: string
  /** Of the folder of the release; the archive's name is put after it. */
  readonly baseUrl: string
  /** SHA-256 of the archive, by system. */
  readonly sha256: Readonly<Record<string, string>>
}

/**
 * The official release that is fetched when nothing else offers a nats-server. The figures are
 * those that NATS publishes for its own images, in github.com/nats-io/nats-docker,
 * 2.11.x/alpine3.22/Dockerfile at commit e6bf552; it names none for macOS, which has Homebrew.
 */
export const pinnedRelease: NatsRelease = {
  version: '2.11.17',
  baseUrl: 'https://github.com/nats-io/nats-server/releases/download/v2.11.17',
  sha256: {
    'linux-amd64': 'ad608dd0ea8bbfa58c40e3b8f58ed67478eec26166ec49c502db8d17589b51b5',
    'linux-arm64': 'd21df24f262f34f8bf6d1f0bca557c08429e433fd9f60f6983105539ae517feb',
  },
}

/** One way to come by a nats-server: the program's path, or undefined when it offers none. */
export type NatsSource = (folder: string) => Promise<string | undefined>

const minorMin = 9
const downloadLimitMs = 120_000
const installLimitMs = 300_000
const advice = 'install nats-server (2.9 or newer) or give the address of a running one in NATS_URL'
const run = promisify(execFile)

/**
 * The path of a nats-server: that of the machine, else an own copy in `folder`, which is made from
 * the system's package or from the official release when there is none yet. Asks nothing, and
 * changes nothing outside `folder` but what Homebrew installs. Fails with one sentence.
 */
export async function findNatsServer(
  folder: string,
  sources: readonly NatsSource[] = [
    onThisMachine,
    ownCopy,
    fromApt,
    fromHomebrew,
    fromRelease(pinnedRelease),
  ],
): Promise<string> {
  const failures: string[] = []
  for (const source of sources) {
    try {
      const program = await source(folder)
      const version = program === undefined ? undefined : await natsVersion(program)
      if (program !== undefined && isNewEnough(version)) return program
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  const why = failures.length === 0 ? '' : ` (${failures.join('; ')})`
  throw new Error(`There is no nats-server on this machine and none could be had${why}: ${advice}.`)
}

/** Debian puts it into /usr/sbin, which is not on everyone's PATH. */
export const onThisMachine: NatsSource = async () => {
  const usual = ['/usr/local/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin']
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...usual]
  for (const folder of folders) {
    const program = join(folder, 'nats-server')
    if (folder !== '' && isNewEnough(await natsVersion(program))) return program
  }
  return undefined
}

export const ownCopy: NatsSource = async (folder) => {
  const program = join(folder, 'nats-server')
  return (await natsVersion(program)) ? program : undefined
}

/** Takes the program out of the package, without installing it: no root, and no service started. */
const fromApt: NatsSource = async (folder) => {
  if (!(await isInstalled('apt-get')) || !(await isInstalled('dpkg-deb'))) return undefined
  return inScratch(folder, async (scratch) => {
    const download = () => runLimited('apt-get', ['download', 'nats-server'], scratch)
    try {
      await download()
    } catch (error) {
      if (process.getuid?.() !== 0) throw error
      await runLimited('apt-get', ['update'], scratch) // a slim image has no list of packages
      await download()
    }
    const archive = (await readdir(scratch)).find((name) => name.endsWith('.deb'))
    if (archive === undefined) return undefined
    await runLimited('dpkg-deb', ['--extract', archive, 'content'], scratch)
    return keep(join(scratch, 'content/usr/sbin/nats-server'), folder)
  })
}

const fromHomebrew: NatsSource = async (folder) => {
  if (!(await isInstalled('brew'))) return undefined
  await runLimited('brew', ['install', '--quiet', 'nats-server'], homedir())
  return onThisMachine(folder)
}

/** The official archive, refused unless it is byte for byte the one that was pinned. */
export function fromRelease({ version, baseUrl, sha256 }: NatsRelease): NatsSource {
  return async (folder) => {
    const target = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
    const expected = sha256[target]
    if (expected === undefined) return undefined
    const name = `nats-server-v${version}-${target}`
    const archive = await fetchArchive(`${baseUrl}/${name}.tar.gz`)
    if (createHash('sha256').update(archive).digest('hex') !== expected) {
      throw new Error(`${name}.tar.gz is not the file that was pinned`)
    }
    return inScratch(folder, async (scratch) => {
      await writeFile(join(scratch, 'archive.tar.gz'), archive)
      await runLimited('tar', ['-xzf', 'archive.tar.gz', `${name}/nats-server`], scratch)
      return keep(join(scratch, name, 'nats-server'), folder)
    })
  }
}

async function fetchArchive(url: string) {
  const response = await fetch(url, { signal: AbortSignal.timeout(downloadLimitMs) }).catch(
    (cause: unknown) => {
      throw new Error(`${url} could not be reached`, { cause })
    },
  )
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}

/** Moves the program into place in one step: two starts at once cannot meet half of it. */
async function keep(program: string, folder: string) {
  const kept = join(folder, 'nats-server')
  await chmod(program, 0o755)
  await rename(program, kept)
  return kept
}

async function inScratch<T>(folder: string, work: (scratch: string) => Promise<T>) {
  await mkdir(folder, { recursive: true })
  const scratch = await mkdtemp(join(folder, 'install-'))
  try {
    return await work(scratch)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function isNewEnough(version: Awaited<ReturnType<typeof natsVersion>>) {
  return version !== undefined && (version.major > 2 || version.minor >= minorMin)
}

async function isInstalled(program: string) {
  return run('/bin/sh', ['-c', 'command -v "$0"', program]).then(
    () => true,
    () => false,
  )
}

async function runLimited(program: string, args: string[], cwd: string) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NONINTERACTIVE: '1' }
  await run(program, args, { cwd, env, timeout: installLimitMs }).catch((cause: unknown) => {
    throw new Error(`${program} ${args.join(' ')} failed`, { cause })
  })
}
