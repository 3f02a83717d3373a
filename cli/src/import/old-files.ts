import { lstat, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { isObject } from '@atrium/contracts/planner/fault-list.ts'
import { own } from '@atrium/contracts/planner/fields.ts'
import { convertUser, type OldUser } from './convert-user.ts'

/*
 * The folder of the old platform: `users/users.json`, for each project of a user
 * `users/<id>/projects/<projectId>/project.json`, the oldest `projects/<id>.json`, and copies of
 * public ones in `public-projects/`. Nothing is written here, and no link is followed out of it.
 */

export interface OldFiles {
  readonly users: readonly OldUser[]
  readonly projects: readonly OldProjectFile[]
  /** Public copies whose project is not there: nobody's. */
  readonly strayCopies: readonly string[]
}

export interface OldProjectFile {
  /** Its folder's or its file's name. */
  readonly id: string
  /** Its own among all projects, also where two people have one of the same id. */
  readonly key: string
  readonly file: string
  /** Of whom the folder is; null of the oldest files, which name their author inside. */
  readonly ownerId: string | null
}

const usersBytesMax = 64 * 1024 ** 2
const projectBytesMax = 64 * 1024 ** 2

/** Throws in words where there is no such folder, or its users cannot be read. */
export async function findOldFiles(folder: string): Promise<OldFiles> {
  const users = await usersIn(folder)
  const owned: OldProjectFile[] = []
  for (const ownerId of await entriesOf(path.join(folder, 'users'), 'folder')) {
    const place = path.join(folder, 'users', ownerId, 'projects')
    for (const id of await entriesOf(place, 'folder')) {
      const key = `${ownerId}/${id}`
      owned.push({ id, key, ownerId, file: path.join(place, id, 'project.json') })
    }
  }
  const known = new Set(owned.map(({ id }) => id))
  const oldest = await jsonFilesIn(path.join(folder, 'projects'))
  const projects = [...owned, ...oldest.filter(({ id }) => !known.has(id))]
  const published = await publishedIn(path.join(folder, 'public-projects'))
  const all = new Set(projects.map(({ id }) => id))
  return { users, projects, strayCopies: published.filter((id) => !all.has(id)) }
}

async function jsonFilesIn(folder: string): Promise<OldProjectFile[]> {
  const names = (await entriesOf(folder, 'file')).filter((name) => name.endsWith('.json'))
  return names.map((name) => {
    const id = name.slice(0, -'.json'.length)
    return { id, key: id, ownerId: null, file: path.join(folder, name) }
  })
}

/** By the ids of the projects that they are copies of. */
async function publishedIn(folder: string): Promise<string[]> {
  const files = await jsonFilesIn(folder)
  return [...(await entriesOf(folder, 'folder')), ...files.map(({ id }) => id)]
}

/** The JSON of a project's file. Throws in words. */
export async function readProjectFile({ file }: OldProjectFile): Promise<unknown> {
  return parsed(await textOf(file, projectBytesMax), 'the file')
}

async function usersIn(folder: string): Promise<readonly OldUser[]> {
  const file = path.join(folder, 'users', 'users.json')
  const users = parsed(await textOf(file, usersBytesMax), file)
  if (!isObject(users)) throw new Error(`${file} does not hold users by their ids`)
  return Object.keys(users).flatMap((id) => {
    const user = own(users, id)
    return isObject(user) ? [convertUser(id, user)] : []
  })
}

async function textOf(file: string, bytesMax: number): Promise<string> {
  const found = await lstat(file).catch((error: unknown) => {
    throw new Error(`there is no ${file}`, { cause: error })
  })
  if (!found.isFile()) throw new Error(`${file} is no file`)
  if (found.size > bytesMax) throw new Error(`${file} has more than ${bytesMax / 1024 ** 2} MB`)
  const bytes = await readFile(file)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new Error(`${file} is no text in UTF-8`, { cause: error })
  }
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${what} is no JSON`, { cause: error })
  }
}

/** Names in a folder, in order; none where there is no such folder. */
async function entriesOf(folder: string, kind: 'file' | 'folder'): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter((entry) => (kind === 'file' ? entry.isFile() : entry.isDirectory()))
      .map(({ name }) => name)
      .toSorted()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
