import { createLifecycle } from './lifecycle.ts'
import { createLogger } from './telemetry/logger.ts'

// A process of its own for the tests of the lifecycle: says what it stops, and in which way it was
// told to misbehave.
const [behaviour = '', watchParent = ''] = process.argv.slice(2)
const logger = createLogger({ name: 'test', level: 'silent' })
const lifecycle = createLifecycle({
  logger,
  phaseTimeoutMs: 200,
  watchParent: watchParent === 'watch',
})
const say = (text: string) => process.stdout.write(`${text}\n`)
lifecycle.onStop('connections', 'database', () => void say('connections'))
lifecycle.onStop('work', 'projections', async () => {
  if (behaviour === 'hang') await new Promise(() => {})
  if (behaviour === 'fail') throw new Error('x')
  say('work')
})
lifecycle.onStop('intake', 'http', () => void say('intake'))
process.stdin.resume() // keeps the process alive
if (behaviour === 'crash') setImmediate(() => void Promise.reject(new Error('x')))
say('runs')
if (behaviour === 'wait') await new Promise(() => {}) // for a server that is not there
await lifecycle.run()
