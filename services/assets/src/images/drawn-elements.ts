/*
 * A `use` is drawn as what it names, and what it names may hold more of them: a kilobyte can be
 * billions of elements to whoever draws it, which takes seconds even to find out.
 */

/** An element that can be named, with what stands in it up to the next such element. */
interface Group {
  elements: number
  readonly inner: Group[]
  readonly used: string[]
}

export interface DrawnElements {
  open(element: { readonly id: string | undefined; readonly uses: string | undefined }): void
  close(): void
  /** How many there are once each use is what it names; Infinity where uses go on too deep. */
  count(): number
}

const createGroup = (): Group => ({ elements: 0, inner: [], used: [] })

/** Groups and uses inside of each other. */
const depthMax = 200

export function createDrawnElements(): DrawnElements {
  const root = createGroup()
  const named = new Map<string, Group>()
  const open: Group[] = [root]
  const innermost = () => open.at(-1) ?? root

  return {
    open({ id, uses }) {
      const around = innermost()
      const group = id === undefined ? around : createGroup()
      if (group !== around) around.inner.push(group)
      if (id !== undefined && !named.has(id)) named.set(id, group)
      group.elements += 1
      if (uses !== undefined) group.used.push(uses)
      open.push(group)
    },
    close: () => void open.pop(),
    count: () => countOf(root, named, new Map(), 0),
  }
}

/** `counted` holds 0 for what is being counted: drawn inside of itself, it is left out. */
function countOf(
  group: Group,
  named: ReadonlyMap<string, Group>,
  counted: Map<Group, number>,
  depth: number,
): number {
  const known = counted.get(group)
  if (known !== undefined) return known
  if (depth > depthMax) return Infinity
  counted.set(group, 0)
  let count = group.elements
  for (const inner of group.inner) count += countOf(inner, named, counted, depth + 1)
  for (const id of group.used) {
    const target = named.get(id)
    if (target) count += countOf(target, named, counted, depth + 1)
  }
  counted.set(group, count)
  return count
}
