import process from 'node:process'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createConfinement } from '../../src/isolation/confinement.ts'
import { createOutlivedGuard } from '../../src/isolation/outlived-guard.ts'
import { createPool } from '../../src/isolation/pool.ts'

/** A service with one render that never gives way; it tells that one's pid and folder. */
const memoryBytesMax = 256 * 1_048_576
const pool = createPool({
  program: new URL('hostile-process.ts', import.meta.url),
  confinement: await createConfinement(memoryBytesMax),
  priority: 'normal',
  guard: createOutlivedGuard(),
  capacity: 1,
  sparesMax: 0,
  tasksMax: 10,
  keptBytesMax: memoryBytesMax,
  logger: createLogger({ name: 'test', level: 'silent' }),
})
const run = (deed: string) =>
  pool.run('acme', {
    task: { deed, argument: '' },
    limits: { memoryBytesMax, timeoutMs: 600_000, pagesMax: 1, outputBytesMax: 1 },
    consume: async (output) => void output.resume(),
    signal: new AbortController().signal,
  })
for (const deed of ['pid', 'folder']) {
  const outcome = await run(deed)
  process.send?.(outcome.status === 'done' ? outcome.value : outcome)
}
await run('loop')
