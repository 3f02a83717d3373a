import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ifPresent } from './failure.ts'

/**
 * The files below a folder as the names that lead to them, sorted by these, those behind `after`
 * alone. Holds the names of one folder of each depth at a time.
 */
export async function* walk(
  folder: string,
  after: readonly string[] = [],
): AsyncGenerator<readonly string[]> {
  const entries = (await ifPresent(readdir(folder, { withFileTypes: true }))) ?? []
  const [first, ...rest] = after
  const from = first ?? ''
  const ahead = entries.filter(({ name }) => name >= from)
  for (const entry of ahead.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const { name } = entry
    if (entry.isDirectory()) {
      const below = walk(join(folder, name), name === first ? rest : [])
      for await (const names of below) yield [name, ...names]
    } else if (name !== first) {
      yield [name]
    }
  }
}
