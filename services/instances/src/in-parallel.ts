/**
 * Does the work for each item, at most `width` at a time. One that fails keeps no other from its
 * turn; then an AggregateError tells all that failed.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const faults: unknown[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) {
      try {
        results[index] = await work(item)
      } catch (fault) {
        faults.push(fault)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} of them failed`)
  return results
}
