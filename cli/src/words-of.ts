/** The message of an error and of its causes, innermost last, on one line. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own =
    error instanceof AggregateError
      ? error.errors.map((each) => wordsOf(each)).join('; ')
      : error.message.trim() || error.name
  const all = error.cause === undefined ? own : `${own}: ${wordsOf(error.cause)}`
  return all.replaceAll(/\s*\n\s*/g, ' ')
}
