import process from 'node:process'
import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { openLocalBlobStore } from '@atrium/platform/blobs/local/store.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createConfinement } from '../../src/isolation/confinement.ts'
import { createOutlivedGuard } from '../../src/isolation/outlived-guard.ts'
import { createPool } from '../../src/isolation/pool.ts'
import { renderAttempt, resultKey } from '../../src/rendering/render-attempt.ts'
import type { PdfTask } from '../../src/rendering/task.ts'
import { device } from '../planner-content.ts'
import { sizedDaybook } from '../planners/daybook.ts'

// Does whole jobs for the measurements, one after the other, as often as its parent asks: compiles,
// renders in a confined process, reads the file with PDFium, and stores it. Arguments: how many
// pages, `dots` or `plain`, and the folder of the store.

const [pages = '100', kind = 'dots', folder = ''] = process.argv.slice(2)
const planner = normalisePlanner(sizedDaybook(Number(pages), kind === 'dots'))
const tenant = 'bench'
const mebibyte = 1_048_576
const limits = {
  memoryBytesMax: 512 * mebibyte,
  timeoutMs: 600_000,
  pagesMax: 1_000,
  outputBytesMax: 50 * mebibyte,
}
const task: PdfTask = {
  kind: 'pdf',
  planner,
  device,
  export: 'flattened',
  today: null,
  pagesMax: limits.pagesMax,
  assets: [],
  strict: true,
  createdAt: null,
}
const blobs = await openLocalBlobStore(folder)
const pool = createPool({
  program: new URL('../../src/render-process.ts', import.meta.url),
  confinement: await createConfinement(limits.memoryBytesMax),
  priority: 'normal',
  guard: createOutlivedGuard(),
  capacity: 1,
  sparesMax: 0,
  tasksMax: 1_000,
  keptBytesMax: limits.memoryBytesMax,
  logger: createLogger({ name: 'bench', level: 'warn' }),
})
let jobs = 0

process.on('message', (count: number) => void serve(count))
process.send?.('ready')

async function serve(count: number) {
  const startedAt = performance.now()
  let served = 0
  for (let each = 0; each < count; each += 1) {
    jobs += 1
    const resultId = `result-${jobs}`
    const outcome = await renderAttempt(
      { pool, blobs },
      {
        tenant,
        resultId,
        task,
        limits,
        onProgress: () => undefined,
        signal: new AbortController().signal,
      },
    )
    if (outcome.status !== 'rendered') throw new Error(`a job was ${outcome.status}`)
    served += outcome.pageCount
    await blobs.remove(resultKey(tenant, resultId))
  }
  const peakBytes = process.resourceUsage().maxRSS * 1_024
  process.send?.({ tookMs: performance.now() - startedAt, peakBytes, pages: served })
}
