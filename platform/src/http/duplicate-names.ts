/*
 * A name that an object has twice: JSON allows it to be written, and every reader takes another one
 * of the two. Both are read from text that is known to be JSON.
 */

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a]

/** How many members are written, those of the same name each for itself. */
export function countWrittenMembers(json: Uint8Array): number {
  const { length } = json
  let count = 0
  for (let at = 0; at < length; at += 1) {
    const byte = json[at]
    if (byte === colon) count += 1
    if (byte !== quote) continue
    at += 1
    for (let inside = json[at]; inside !== quote && at < length; inside = json[at]) {
      at += inside === backslash ? 2 : 1
    }
  }
  return count
}

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
