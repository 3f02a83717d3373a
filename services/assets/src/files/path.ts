import { invalid } from '@atrium/platform/rejection.ts'

/** The names that lead to an entry, from the top; none for the top itself. */
export type Path = readonly string[]

export const nameBytesMax = 255
export const depthMax = 32
export const pathBytesMax = 1_024

/** Control characters, and those by which a name is shown otherwise than it is. */
const hidden =
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/u

/** What a name must not look like when somebody decodes it once more. */
const encodedAgain = /%(00|2e|2f|5c|25)/i

const rules: readonly (readonly [
  code: string,
  detail: string,
  isBroken: (n: string) => boolean,
])[] = [
  [
    'empty-segment',
    'has an empty name: a slash at an edge, or two in a row',
    (name) => name === '',
  ],
  ['dot-segment', 'has "." or ".." for a name', (name) => name === '.' || name === '..'],
  ['control-character', 'has a character that cannot be seen', (name) => hidden.test(name)],
  ['backslash', 'has a backslash in a name', (name) => name.includes('\\')],
  ['double-encoding', 'has a name that is encoded twice', (name) => encodedAgain.test(name)],
  ['edge-space', 'has a name with a space at its edge', (name) => name !== name.trim()],
  [
    'name-too-long',
    `has a name of more than ${nameBytesMax} bytes`,
    (name) => Buffer.byteLength(name) > nameBytesMax,
  ],
]

/**
 * A path as it was decoded once: names between slashes, in Unicode NFC, so that the same name typed
 * on two systems is one. An encoded slash is a slash. Throws validation-failed with the rule that
 * is broken, at `pointer`.
 */
export function parsePath(text: string, pointer = '/params/path'): Path {
  if (text === '') return []
  const path = text.normalize('NFC').split('/')
  for (const name of path) {
    const broken = rules.find(([, , isBroken]) => isBroken(name))
    if (broken) throw invalid({ pointer, code: broken[0], detail: broken[1] })
  }
  if (path.length > depthMax) {
    throw invalid({ pointer, code: 'too-deep', detail: `has more than ${depthMax} names` })
  }
  if (Buffer.byteLength(path.join('/')) > pathBytesMax) {
    const detail = `has more than ${pathBytesMax} bytes`
    throw invalid({ pointer, code: 'path-too-long', detail })
  }
  return path
}

/** As `parsePath`, where the top itself cannot be meant. */
export function parseEntryPath(text: string, pointer?: string): Path {
  const path = parsePath(text, pointer)
  if (path.length > 0) return path
  throw invalid({
    pointer: pointer ?? '/params/path',
    code: 'root',
    detail: 'has to name something below the top',
  })
}
