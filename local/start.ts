import { fileURLToPath } from 'node:url'
import { runStart } from './src/run-start.ts'

await runStart(fileURLToPath(new URL('..', import.meta.url)))
