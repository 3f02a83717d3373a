/** Does the work for each item, at most so many at a time. What one throws is noted. */
export async function inParallel<Item>(
  parallelMax: number,
  items: readonly Item[],
  note: (fault: unknown) => void,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items[Symbol.iterator]()
  const worker = async () => {
    for (const item of waiting) await work(item).catch(note)
  }
  await Promise.all(Array.from({ length: Math.min(parallelMax, items.length) }, worker))
}

/** How many faults are told in full; the others are counted. */
const toldMax = 20

/** Faults of one round, which are thrown at its end. */
export function createFaults(what: string) {
  const told: unknown[] = []
  let count = 0
  return {
    note(fault: unknown) {
      count += 1
      if (told.length < toldMax) told.push(fault)
    },
    throwAny() {
      if (count > 0) throw new AggregateError(told, `${count} ${what}`)
    },
  }
}
