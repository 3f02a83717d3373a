import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { runFaults } from './src/run.ts'

/** A short run of what `npm run faults` does at length. */
const killsMax = 6

it('kill -9 between the steps of a sign-up loses, doubles and strands nothing', async () => {
  const seed = process.env['FAULTS_SEED'] ?? randomBytes(4).toString('hex')
  const report = (line: string) => void process.stdout.write(`faults, seed ${seed}: ${line}\n`)
  const { faults, users } = await runFaults({ seed, killsMax, report })
  expect(faults).toEqual([])
  expect(users).toBeGreaterThan(killsMax)
}, 420_000)
