/** Told of one job at most so often, and only for so much more of it: progress is for people. */
const noteEveryMs = 1_000
const shareMin = 0.05

/** Lets `tell` know of progress now and then. What it throws is of no matter to the render. */
export function createProgressNotes(tell: (page: number, pages: number) => Promise<void>) {
  let toldAtMs = performance.now()
  let toldPage = 0
  let telling = Promise.resolve()

  return {
    note(page: number, pages: number) {
      const isSoon = performance.now() - toldAtMs < noteEveryMs
      if (isSoon || page >= pages || page - toldPage < pages * shareMin) return
      toldAtMs = performance.now()
      toldPage = page
      telling = telling.then(() => tell(page, pages)).catch(() => undefined)
    },
    /** Resolves when everything that was noted is told. */
    settled: () => telling,
  }
}
