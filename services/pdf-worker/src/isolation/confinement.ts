import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { execPath, platform } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How a render process is started, and what keeps it inside. */
export interface Confinement {
  /** What `fork` executes, and what stands before the program. */
  readonly execPath: string
  readonly execArgvFor: (workFolder: string) => readonly string[]
  /** Whether it can reach any network. */
  readonly hasNetwork: boolean
}

/** Of the memory that a process may have, what V8 may fill: then it collects, or gives up. */
const heapShare = 0.75

/** Of what was just made: V8 would let it grow to many times this, for what is soon left again. */
const youngMegabytes = 4

const probeTimeoutMs = 5_000

/**
 * Everywhere: Node's permission model, by which the process reads the code alone, writes its own
 * folder alone, and starts no process; it gets no environment. Native code it may load from what it
 * may read, since sharp is that, which decodes pictures. On Linux, where `unshare` may make a
 * network namespace, the process has no network either. Where that is refused (a container without
 * the right to it), nothing but the code keeps it from connecting, and `hasNetwork` says so.
 */
export async function createConfinement(memoryBytesMax: number): Promise<Confinement> {
  const heapMegabytes = Math.floor((memoryBytesMax * heapShare) / 1_048_576)
  const flags = (workFolder: string) => [
    '--permission',
    ...readable.map((place) => `--allow-fs-read=${place}`),
    `--allow-fs-read=${workFolder}`,
    `--allow-fs-write=${workFolder}`,
    '--allow-addons', // pictures are decoded by libvips
    `--max-old-space-size=${heapMegabytes}`,
    `--max-semi-space-size=${youngMegabytes}`,
    '--expose-gc',
  ]
  const unshare = await findUnshare()
  if (!unshare) return { execPath, execArgvFor: flags, hasNetwork: true }
  return {
    execPath: 'unshare',
    execArgvFor: (workFolder) => [...unshare, '--', execPath, ...flags(workFolder)],
    hasNetwork: false,
  }
}

/** The code of this service, and what it imports. Never the data, which may lie beside it. */
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const readable = [
  'package.json',
  'node_modules',
  'contracts',
  'platform',
  'services/pdf-worker',
].map((place) => `${root}${place}`)

/** As root, or as anyone where the kernel lets everyone have a namespace of users. */
const ways = [['--net'], ['--user', '--map-current-user', '--net']]

async function findUnshare(): Promise<readonly string[] | undefined> {
  if (platform !== 'linux') return undefined
  for (const way of ways) {
    try {
      await run('unshare', [...way, '--', 'true'], { timeout: probeTimeoutMs })
      return way
    } catch {
      // Not there, or not allowed: the next way, or none.
    }
  }
  return undefined
}

/** A process's share of the machine: renders give way to everything that somebody waits for. */
export type Priority = 'normal' | 'low'

const niceness: Readonly<Record<Priority, number>> = { normal: 0, low: 19 }

/** Sets the share, and lets the process be the first to go where the machine is short of memory. */
export async function makeHumble(pid: number, priority: Priority): Promise<void> {
  try {
    setPriority(pid, niceness[priority])
    if (platform === 'linux') await writeFile(`/proc/${pid}/oom_score_adj`, '1000')
  } catch {
    // It has ended already, or the system does not offer it: both are no reason to fail a render.
  }
}
