import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type Victim, victims } from './kills.ts'
import { runPdfFaults } from './pdf/run.ts'
import { runFaults } from './run.ts'
import { runUploadFaults } from './uploads/run.ts'

// npm run faults -- sign-ups --runs 5 --seed 3f9c --kills 10 --victims auth,nats
// npm run faults -- pdf --jobs 200 --kills 15
// npm run faults -- uploads --kills 30

const topics = ['sign-ups', 'pdf', 'uploads'] as const
const pdfKillsByDefault = 15
const uploadKillsByDefault = 30

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '1' },
    seed: { type: 'string' },
    kills: { type: 'string' },
    victims: { type: 'string' },
    jobs: { type: 'string', default: '200' },
  },
})
const print = (line: string) => void process.stdout.write(`${line}\n`)
const report = (line: string) => print(`  ${line}`)
const chosen = values.victims?.split(',') ?? victims
demandKnown('victim', chosen, victims)
demandKnown('topic', positionals, topics)

interface Outcome {
  readonly faults: readonly string[]
  readonly summary: string
}

async function signUps(seed: string): Promise<Outcome> {
  const { faults, users, events } = await runFaults({
    seed,
    victims: chosen as Victim[],
    ...(values.kills === undefined ? {} : { killsMax: Number(values.kills) }),
    report,
  })
  return { faults, summary: `${users} users, ${events} events` }
}

async function pdf(seed: string): Promise<Outcome> {
  const kills = Number(values.kills ?? pdfKillsByDefault)
  const options = { seed, jobs: Number(values.jobs), kills, report }
  const { faults, jobs, repeats } = await runPdfFaults(options)
  return { faults, summary: `${jobs} jobs, ${repeats} renders begun again` }
}

async function uploads(seed: string): Promise<Outcome> {
  const kills = Number(values.kills ?? uploadKillsByDefault)
  const { faults, uploads: count } = await runUploadFaults({ seed, kills, report })
  return { faults, summary: `${count} uploads` }
}

function demandKnown(what: string, given: readonly string[], known: readonly string[]) {
  const unknown = given.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`no ${what} ${unknown.join()}: one of ${known.join()}`)
}

const runs = { 'sign-ups': signUps, pdf, uploads }
let passed = 0
let failed = 0
for (let run = 1; run <= Number(values.runs); run += 1) {
  for (const topic of topics) {
    if (positionals.length > 0 && !positionals.includes(topic)) continue
    const seed = values.seed ?? randomBytes(4).toString('hex')
    print(`${topic}, run ${run} of ${values.runs}, seed ${seed}`)
    const { faults, summary } = await runs[topic](seed)
    for (const fault of faults) print(`  FAULT ${fault}`)
    print(`  ${summary}, ${faults.length} faults`)
    if (faults.length > 0) failed += 1
    else passed += 1
  }
}
print(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
