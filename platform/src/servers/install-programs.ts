import { execFile } from 'node:child_process'
import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installWithHomebrew, placesOf, unpackDebian } from './install.ts'

const run = promisify(execFile)
const outputBytesMax = 64 * 1_024 * 1_024

/** Programs that come with one package of the system, which Debian and Homebrew call alike. */
export interface ProgramPackage<Name extends string> {
  readonly name: string
  readonly programs: readonly Name[]
  /** What makes any of them print its version and end well. */
  readonly versionFlag: string
}

export interface Program {
  readonly path: string
  /** Runs it to its end; resolves with what it printed, rejects where it failed. */
  run(args: readonly string[], options?: RunOptions): Promise<Printed>
}

export interface RunOptions {
  readonly cwd?: string
  readonly timeoutMs?: number
  readonly env?: Readonly<Record<string, string>>
}

export interface Printed {
  readonly stdout: string
  readonly stderr: string
}

export const poppler: ProgramPackage<'pdftoppm' | 'pdftotext' | 'pdfinfo'> = {
  name: 'poppler-utils',
  programs: ['pdftoppm', 'pdftotext', 'pdfinfo'],
  versionFlag: '-v',
}

export const qpdf: ProgramPackage<'qpdf'> = {
  name: 'qpdf',
  programs: ['qpdf'],
  versionFlag: '--version',
}

/** Homebrew's name where it differs. */
const homebrewNames: Readonly<Record<string, string>> = { 'poppler-utils': 'poppler' }

/** Each gives nothing where the system has another. */
export interface PackageManagers {
  readonly unpack: typeof unpackDebian
  readonly install: typeof installWithHomebrew
}

/**
 * The programs of a package: those of the machine, else an own copy in `folder`, which is unpacked
 * from Debian's package when there is none yet, else what Homebrew installs. Fails with one
 * sentence.
 */
export async function findPrograms<Name extends string>(
  { name, programs, versionFlag }: ProgramPackage<Name>,
  folder: string,
  { unpack, install }: PackageManagers = { unpack: unpackDebian, install: installWithHomebrew },
): Promise<Readonly<Record<Name, Program>>> {
  const onMachine = () => findAll(programs, placesOf, {}, versionFlag)
  const inFolder = async (root: string) => {
    const libraries = await librariesIn(root)
    const env = { LD_LIBRARY_PATH: libraries.join(':') }
    return findAll(programs, (each) => [join(root, 'usr/bin', each)], env, versionFlag)
  }
  const sources = [
    onMachine,
    () => inFolder(join(folder, name)),
    async () => {
      const root = await unpack(name, folder)
      return root === undefined ? undefined : inFolder(root)
    },
    async () => ((await install(homebrewNames[name] ?? name)) ? onMachine() : undefined),
  ]
  const failures: string[] = []
  for (const source of sources) {
    try {
      const found = await source()
      if (found) return found
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  const why = failures.length === 0 ? '' : ` (${failures.join('; ')})`
  throw new Error(`${name} is not on this machine and could not be had${why}: install it.`)
}

async function findAll<Name extends string>(
  names: readonly Name[],
  places: (name: Name) => readonly string[],
  env: Readonly<Record<string, string>>,
  versionFlag: string,
): Promise<Readonly<Record<Name, Program>> | undefined> {
  const found: Partial<Record<Name, Program>> = {}
  for (const name of names) {
    const program = await firstThatRuns(places(name), env, versionFlag)
    if (!program) return undefined
    found[name] = program
  }
  return isComplete(found, names) ? found : undefined
}

async function firstThatRuns(
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
  versionFlag: string,
): Promise<Program | undefined> {
  for (const path of paths) {
    const program = programAt(path, env)
    try {
      await access(path)
      await program.run([versionFlag])
      return program
    } catch {
      // Not there, or for another system: the next place.
    }
  }
  return undefined
}

function programAt(path: string, own: Readonly<Record<string, string>>): Program {
  return {
    path,
    run: (args, { cwd, timeoutMs, env } = {}) =>
      run(path, [...args], {
        maxBuffer: outputBytesMax,
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', ...own, ...env },
        ...(cwd === undefined ? {} : { cwd }),
        ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      }),
  }
}

/** The folders of libraries in an unpacked package. */
async function librariesIn(root: string): Promise<string[]> {
  const parents = [join(root, 'usr/lib'), join(root, 'lib')]
  const found = await Promise.all(
    parents.map(async (parent) => {
      const names = await readdir(parent).catch(() => [])
      return [
        parent,
        ...names.filter((each) => /-linux-/.test(each)).map((each) => join(parent, each)),
      ]
    }),
  )
  return found.flat()
}

function isComplete<Name extends string>(
  found: Partial<Record<Name, Program>>,
  names: readonly Name[],
): found is Record<Name, Program> {
  return names.every((name) => found[name] !== undefined)
}
