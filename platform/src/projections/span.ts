import { isStatementFault } from '../database/connection.ts'
import type { Item } from './batch.ts'

/** Consecutive events, and the position up to which the store was read with them. */
export interface Span {
  readonly items: readonly Item[]
  readonly position: number
}

/** An event that is not applied: because it failed, or because one of its key did before. */
export interface Aside {
  readonly item: Item
  readonly state: 'parked' | 'held'
}

/** What is done with a span's events: applied, or set aside. */
export interface SpanPlan {
  readonly apply: readonly Item[]
  readonly aside: readonly Aside[]
  readonly position: number
}

/** Writes all of a plan or none. */
export type WriteSpan = (plan: SpanPlan) => Promise<void>

/** More keys than this set aside mean a fault of the projection, not of an event: it stops. */
const heldKeysMax = 1_000

/**
 * Applies a span. Where a statement fails, halves it until the event is found that fails by itself;
 * that one is parked, the later ones of its key are held, all others are applied. `held` are the
 * keys that something is parked of; new ones are added. Throws on what a repeat may mend.
 */
export async function applySpan(span: Span, held: Set<string>, write: WriteSpan): Promise<void> {
  const plan = planOf(span, held)
  try {
    await write(plan)
  } catch (error) {
    if (!isStatementFault(error) || plan.apply.length === 0) throw error
    for (const part of halvesOf(span, error)) await applySpan(part, held, write)
    return
  }
  for (const { item } of plan.aside) held.add(item.key)
}

function planOf({ items, position }: Span, held: ReadonlySet<string>): SpanPlan {
  const apply: Item[] = []
  const aside: Aside[] = []
  const heldHere = new Set<string>()
  for (const item of items) {
    if (held.has(item.key) || heldHere.has(item.key)) aside.push({ item, state: 'held' })
    else if (item.fault === undefined) apply.push(item)
    else {
      heldHere.add(item.key)
      aside.push({ item, state: 'parked' })
    }
  }
  if (held.size + heldHere.size > heldKeysMax) {
    throw new Error(`more than ${heldKeysMax} keys are set aside: the projection itself is broken`)
  }
  return { apply, aside, position }
}

function halvesOf({ items, position }: Span, fault: unknown): Span[] {
  const [first] = items
  if (items.length === 1 && first) return [{ items: [{ ...first, fault }], position }]
  const middle = Math.ceil(items.length / 2)
  const before = items.slice(0, middle)
  const end = before.at(-1)?.event.position ?? position
  return [
    { items: before, position: end },
    { items: items.slice(middle), position },
  ]
}
