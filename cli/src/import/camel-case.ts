/*
 * Old files spell the names of members in snake_case. Names that people chose, of context and
 * counters, stay as they are: tokens name them so.
 */

const chosenByPeople: ReadonlySet<string> = new Set(['context', 'counters'])

/** Deeper than any project; what lies there is nothing that a planner has. */
const levelsMax = 40

/** The value with the names of all its members in camelCase. */
export function inCamelCase(value: unknown, levels = levelsMax): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (levels === 0) return null
  if (Array.isArray(value)) return value.map((each: unknown) => inCamelCase(each, levels - 1))
  const members = new Map<string, unknown>()
  for (const [name, member] of Object.entries(value)) {
    const spelled = camelCase(name)
    // Written both ways, the newer spelling is meant.
    if (spelled !== name && Object.hasOwn(value, spelled)) continue
    members.set(
      spelled,
      chosenByPeople.has(spelled) ? asChosen(member, levels - 1) : inCamelCase(member, levels - 1),
    )
  }
  return Object.fromEntries(members)
}

function asChosen(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return inCamelCase(value, levels)
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, inCamelCase(member, levels - 1)]),
  )
}

const camelCase = (name: string) =>
  name.replaceAll(/(?<=[a-z0-9])_+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase())
