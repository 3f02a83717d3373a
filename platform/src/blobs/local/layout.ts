import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { type BlobKey, isBlobKey } from '../port.ts'

/**
 * Where things lie below the folder of a store:
 *
 *     format                        says that this is a store, and of which format
 *     blobs/<folder>/…/+a3/<name>   committed; a folder is spread over 256 shards
 *     stages/<folder>/…/+<name>     not yet committed, resumable, with its note beside it
 *     stages/<folder>/…/+<name>.note
 *     stages/<folder>/…/+<name>.0f… not yet committed, of one writer alone
 *
 * `+` and `.` within a name tell files and shards from folders, since no key has them there. A
 * capital is `~` and its small letter: two keys are two files also where the file system takes no
 * notice of case.
 */
export interface Layout {
  readonly format: string
  readonly blobs: string
  readonly stages: string
  blob(key: BlobKey): string
  /** That of one writer alone, or the resumable one. */
  stage(key: BlobKey, writer?: string): string
}

export function layoutOf(folder: string): Layout {
  const blobs = join(folder, 'blobs')
  const stages = join(folder, 'stages')
  return {
    format: join(folder, 'format'),
    blobs,
    stages,
    blob: (key) => join(blobs, ...blobNames(key)),
    stage(key, writer) {
      const path = join(stages, encode(key))
      return join(dirname(path), `+${basename(path)}${writer === undefined ? '' : `.${writer}`}`)
    },
  }
}

/** The folders of a blob, its shard, its name. */
export function blobNames(key: BlobKey): readonly string[] {
  const segments = encode(key).split('/')
  const name = segments.pop() ?? ''
  const shard = createHash('sha256').update(name).digest('hex').slice(0, shardDigits)
  return [...segments, `+${shard}`, name]
}

/** The folders of a prefix, below which its blobs lie. */
export const folderNames = (prefix: BlobKey): readonly string[] => encode(prefix).split('/')

/** The key of a blob that lies there; undefined for what is none of ours. */
export function keyOfBlob(names: readonly string[]): BlobKey | undefined {
  return decode(names.filter((name) => !name.startsWith('+')))
}

/** The key of a stage and its writer; undefined for a note and what is none of ours. */
export function stageAt(names: readonly string[]) {
  const [, name = '', writer] = /^\+([^.]+)(?:\.([0-9a-f]+))?$/.exec(names.at(-1) ?? '') ?? []
  const key = decode([...names.slice(0, -1), name])
  return key && { key, isResumable: writer === undefined }
}

const shardDigits = 2

const encode = (key: string) => key.replaceAll(/[A-Z]/g, (capital) => `~${capital.toLowerCase()}`)

function decode(names: readonly string[]): BlobKey | undefined {
  const text = names.join('/')
  const key = text.replaceAll(/~([a-z])/g, (_all, letter: string) => letter.toUpperCase())
  return isBlobKey(key) && encode(key) === text ? key : undefined
}
