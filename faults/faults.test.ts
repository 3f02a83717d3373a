import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { runPdfFaults } from './src/pdf/run.ts'
import { runFaults } from './src/run.ts'
import { runUploadFaults } from './src/uploads/run.ts'

/** Short runs of what `npm run faults` does at length. */
const killsMax = 6
const pdfKills = 6
const pdfJobs = 40
const uploadKills = 5

const seed = process.env['FAULTS_SEED'] ?? randomBytes(4).toString('hex')
const report = (line: string) => void process.stdout.write(`faults, seed ${seed}: ${line}\n`)

it('kill -9 between the steps of a sign-up loses, doubles and strands nothing', async () => {
  const { faults, users } = await runFaults({ seed, killsMax, report })
  expect(faults).toEqual([])
  expect(users).toBeGreaterThan(killsMax)
}, 420_000)

it('kill -9 of the PDF service, of renders and of NATS loses, doubles and strands no job', async () => {
  const { faults, jobs } = await runPdfFaults({ seed, jobs: pdfJobs, kills: pdfKills, report })
  expect(faults).toEqual([])
  expect(jobs).toBe(pdfJobs)
}, 420_000)

it('kill -9 of the assets service, the door or the database loses no upload and leaves nothing', async () => {
  const { faults, uploads } = await runUploadFaults({ seed, kills: uploadKills, report })
  expect(faults).toEqual([])
  expect(uploads).toBeGreaterThan(0)
}, 420_000)
