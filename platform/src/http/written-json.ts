import { randomInt } from 'node:crypto'

/*
 * What only the text of a JSON document tells, not the value that is parsed from it: how much it
 * will be, and a name that an object has twice, of which every reader takes another one.
 */

const [quote, backslash, colon, comma] = [0x22, 0x5c, 0x3a, 0x2c]
const [bracket, brace, closingBrace] = [0x5b, 0x7b, 0x7d]

/** Numbers of what is written, found without parsing it. */
export interface Written {
  /** Those of the same name in one object each for itself. */
  members: number
  /** Objects, arrays, and what stands in them; an empty one counts as if it held something. */
  values: number
  /**
   * Different names, each anew behind other names of its object: what an engine makes a layout of
   * its own for. Escapes are not resolved.
   */
  layouts: number
}

/** Counts until one of the limits is passed. The text may be anything. */
export function countWritten(
  json: Uint8Array,
  limits: Readonly<Pick<Written, 'values' | 'layouts'>>,
): Written {
  const seed = randomInt(2 ** 31) // so that nobody can choose names that count as one
  const layouts = new Set<number>()
  const around: number[] = []
  let [members, values, name, layout] = [0, 1, seed, seed]
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at]
    if (byte === quote) {
      const end = endOfString(json, at)
      name = hashOf(json, at, end, seed)
      at = end
    } else if (byte === colon) {
      members += 1
      layout = smallOf(Math.imul(layout, prime) ^ name)
      layouts.add(layout)
      if (layouts.size > limits.layouts) break
    } else if (byte === comma || byte === bracket || byte === brace) {
      values += 1
      if (values > limits.values) break
      if (byte === brace) around.push(layout)
      if (byte === brace) layout = seed
    } else if (byte === closingBrace) {
      layout = around.pop() ?? seed
    }
  }
  return { members, values, layouts: layouts.size }
}

/** Where the closing quote stands of the string that begins here. */
function endOfString(json: Uint8Array, begin: number): number {
  let at = begin + 1
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1
  return at
}

/** FNV-1a, brought to 30 bits, which a set keeps without allocating. */
function hashOf(json: Uint8Array, begin: number, end: number, seed: number): number {
  let hash = seed
  for (let at = begin; at < end; at += 1) hash = Math.imul(hash ^ (json[at] ?? 0), prime)
  return smallOf(hash)
}

const prime = 0x01000193

const smallOf = (hash: number) => hash >>> 2

/** An object or an array that is open: its names so far, and where in it the reader is. */
interface Level {
  readonly names: Set<string> | undefined
  step: string | number
}

/** The way to the first member whose name its object has already; undefined where none has. */
export function findDuplicate(json: string): readonly (string | number)[] | undefined {
  const levels: Level[] = []
  let isNameNext = false
  for (let at = 0; at < json.length; at += 1) {
    const level = levels.at(-1)
    const character = json[at] ?? ''
    switch (character) {
      case '{':
      case '[':
        isNameNext = character === '{'
        levels.push({ names: isNameNext ? new Set() : undefined, step: 0 })
        break
      case '}':
      case ']':
        levels.pop()
        isNameNext = false
        break
      case ',':
        isNameNext = level?.names !== undefined
        if (typeof level?.step === 'number') level.step += 1
        break
      case '"': {
        const end = endOfText(json, at)
        if (isNameNext && level?.names) {
          level.step = JSON.parse(json.slice(at, end)) as string
          if (level.names.has(level.step)) return levels.map(({ step }) => step)
          level.names.add(level.step)
          isNameNext = false
        }
        at = end - 1
      }
    }
  }
  return undefined
}

/** Behind the closing quote of the text that begins here. */
function endOfText(json: string, begin: number): number {
  let at = begin + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}
