/** One step of a pointer, escaped as RFC 6901 demands. */
export const step = (token: string | number) =>
  `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** The steps of a pointer, or undefined for what is none. */
export function stepsOf(pointer: string): string[] | undefined {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Longer ones give way to what holds them: a pointer leads to a place, it repeats no document. */
const charactersMax = 300

/**
 * At most `max` pointers that lead to the same places or to something around them: where there are
 * more, the deepest give way to what holds them.
 */
export function gathered(pointers: readonly string[], max: number): readonly string[] {
  let kept = new Set(pointers.map(shortened))
  while (kept.size > max) {
    const depths = [...kept].map(depthOf)
    const deepest = depths.reduce((most, depth) => Math.max(most, depth), 0)
    const raised = new Set(
      [...kept].map((each) => (depthOf(each) === deepest ? above(each) : each)),
    )
    kept = new Set([...raised].filter((each) => !hasAbove(each, raised)))
  }
  return [...kept]
}

function shortened(pointer: string): string {
  let short = pointer
  while (short.length > charactersMax) short = above(short)
  return short
}

const depthOf = (pointer: string) => pointer.split('/').length

const above = (pointer: string) => pointer.slice(0, pointer.lastIndexOf('/'))

function hasAbove(pointer: string, among: ReadonlySet<string>): boolean {
  for (let each = pointer; each !== '';) {
    each = above(each)
    if (among.has(each)) return true
  }
  return false
}
