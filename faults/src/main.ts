import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type Victim, victims } from './kills.ts'
import { runFaults } from './run.ts'

// npm run faults -- --runs 5 --seed 3f9c --kills 10 --victims auth,nats

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1' },
    seed: { type: 'string' },
    kills: { type: 'string' },
    victims: { type: 'string' },
  },
})
const print = (line: string) => void process.stdout.write(`${line}\n`)
const chosen = values.victims?.split(',') ?? victims
const unknown = chosen.filter((name) => !victims.some((victim) => victim === name))
if (unknown.length > 0) throw new Error(`no victim ${unknown.join()}: one of ${victims.join()}`)

let failed = 0
for (let run = 1; run <= Number(values.runs); run += 1) {
  const seed = values.seed ?? randomBytes(4).toString('hex')
  print(`run ${run} of ${values.runs}, seed ${seed}`)
  const { faults, users, events } = await runFaults({
    seed,
    victims: chosen as Victim[],
    ...(values.kills === undefined ? {} : { killsMax: Number(values.kills) }),
    report: (line) => print(`  ${line}`),
  })
  for (const fault of faults) print(`  FAULT ${fault}`)
  print(`  ${users} users, ${events} events, ${faults.length} faults`)
  if (faults.length > 0) failed += 1
}
print(`${Number(values.runs) - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
