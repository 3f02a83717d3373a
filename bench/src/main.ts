import { readdir, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { compare, type Bench, type Row, type Topic } from './bench.ts'
import { createBenchServers, type BenchServers } from './servers.ts'

// npm run bench [-- topic …] [--json FILE]

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' } },
})
const topics = await findTopics()
const unknown = positionals.filter((name) => !topics.has(name))
if (unknown.length > 0) {
  console.error(`No topic ${unknown.join(', ')}; there are: ${[...topics.keys()].join(', ')}`)
  process.exit(2)
}

const servers = await createBenchServers()
const rows: Row[] = []
try {
  for (const [name, topic] of topics) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    console.log(`\n${styleText('bold', name)}: ${topic.summary}`)
    await runTopic(topic, servers)
  }
  if (options.json) await writeFile(options.json, `${JSON.stringify(rows, null, 2)}\n`)
} finally {
  await servers.close()
}

async function findTopics(): Promise<Map<string, Topic>> {
  const folder = new URL('topics/', import.meta.url)
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts')).sort()
  const found = new Map<string, Topic>()
  for (const file of files) {
    const { topic } = (await import(new URL(file, folder).href)) as { topic: Topic }
    found.set(basename(file, '.ts'), topic)
  }
  return found
}

async function runTopic(topic: Topic, { database, startNats }: BenchServers) {
  const closings: (() => unknown)[] = []
  let natsServer: ReturnType<typeof startNats> | undefined
  const bench: Bench = {
    database,
    async nats() {
      if (!natsServer) {
        natsServer = startNats()
        closings.unshift(async () => (await natsServer)?.stop())
      }
      return (await natsServer).url
    },
    onEnd: (close) => closings.unshift(close),
    async compare(comparison) {
      const measured = await compare(comparison, (peer, reason) =>
        console.log(`  ${comparison.name}: ${peer} is left out: ${reason}`),
      )
      rows.push(...measured)
      for (const row of measured) console.log(line(row))
    },
  }
  try {
    await topic.run(bench)
  } finally {
    for (const close of closings) await close()
  }
}

function line({ name, unit, ours, peer, peerName, ratio, target }: Row) {
  const lessIsBetter = /p99|memory/.test(name) || unit === 's'
  const judged = ratio ?? ours
  const held = target === null || (lessIsBetter ? judged <= target : judged >= target)
  const wanted = target === null ? '' : `${lessIsBetter ? 'at most' : 'at least'} ${target}`
  const columns = [
    `  ${name}`.padEnd(58),
    `${format(ours)} ${unit}`.padStart(18),
    peer === null ? '' : `${peerName ?? ''} ${format(peer)}`.padStart(32),
    ratio === null ? '' : `${ratio.toFixed(2)}×`.padStart(8),
    wanted.padStart(14),
    held ? '' : styleText('red', ' missed'),
  ]
  return columns.join(' ').trimEnd()
}

function format(figure: number) {
  return figure.toLocaleString('en', { maximumSignificantDigits: 4 })
}
