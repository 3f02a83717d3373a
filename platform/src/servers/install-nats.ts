import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  inScratch,
  installWithHomebrew,
  keepProgram,
  placesOf,
  unpackArchive,
  unpackDebian,
} from './install.ts'
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
const advice = 'install nats-server (2.9 or newer) or give the address of a running one in NATS_URL'

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

export const onThisMachine: NatsSource = async () => {
  for (const program of placesOf('nats-server')) {
    if (isNewEnough(await natsVersion(program))) return program
  }
  return undefined
}

export const ownCopy: NatsSource = async (folder) => {
  const program = join(folder, 'nats-server')
  return (await natsVersion(program)) ? program : undefined
}

const fromApt: NatsSource = (folder) =>
  inScratch(folder, async (scratch) => {
    const content = await unpackDebian('nats-server', scratch)
    if (content === undefined) return undefined
    return keepProgram(join(content, 'usr/sbin/nats-server'), join(folder, 'nats-server'))
  })

const fromHomebrew: NatsSource = async (folder) =>
  (await installWithHomebrew('nats-server')) ? onThisMachine(folder) : undefined

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
      await unpackArchive('archive.tar.gz', `${name}/nats-server`, scratch)
      return keepProgram(join(scratch, name, 'nats-server'), join(folder, 'nats-server'))
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

function isNewEnough(version: Awaited<ReturnType<typeof natsVersion>>) {
  return version !== undefined && (version.major > 2 || version.minor >= minorMin)
}
