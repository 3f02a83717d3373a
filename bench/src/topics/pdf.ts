import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { unpackDebian } from '@atrium/platform/servers/install.ts'
import { findPrograms, poppler } from '@atrium/platform/servers/install-programs.ts'
import { type Bench, LeftOut, type Topic } from '../bench.ts'
import type { Drawing, Served } from '../peers/drawing.ts'

const pageCount = 100
const manyPages = 1_000
const documentsARound = 4
const rounds = 5
const slowDocuments = 1 // a round of theirs takes as long as several of ours
const documentsOfLongRun = 50
const earlyDocuments = 5

const bin = fileURLToPath(new URL('../../../.atrium/bin', import.meta.url))
const file = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const renderer = file('services/pdf-worker/test/programs/bench-process.ts')

/**
 * The same planner of 100 pages, with links, drawn by each library in a process of its own that is
 * warm: fonts are on the disk, the file is written there. Ours lays out each document anew; the
 * peers get every mark with its place, and only draw.
 */
export const topic: Topic = {
  summary: `a planner of ${pageCount} pages, drawn by warm processes, files written`,
  async run(bench) {
    const folder = await mkdtemp(join(tmpdir(), 'atrium-bench-pdf-'))
    bench.onEnd(() => rm(folder, { recursive: true, force: true }))
    await compareSpeed(bench, folder, 'dots', 'pages drawn')
    await compareSpeed(bench, folder, 'plain', 'pages drawn, without grids of dots')
    await compareJobs(bench, folder)
    await compareMemory(bench, folder)
    await measureFlatness(bench, folder)
  },
}

interface Contestant {
  /** Draws so many documents. */
  draw(count: number): Promise<Served>
  readonly output: string
  end(): void
}

type Kind = 'dots' | 'plain'

async function compareSpeed(bench: Bench, folder: string, kind: Kind, name: string) {
  const drawing = await writeDrawing(folder, kind)
  const ours = await ourselves(folder, kind)
  const peers = [
    { name: 'pdfkit', target: 4, start: () => nodePeer('pdfkit', drawing, folder), count: 2 },
    { name: 'pdf-lib', start: () => nodePeer('pdf-lib', drawing, folder), count: slowDocuments },
    { name: 'ReportLab', start: () => reportLab(drawing, folder), count: slowDocuments },
  ]
  const started = new Map<string, Contestant>()
  bench.onEnd(() => [ours, ...started.values()].forEach(({ end }) => end()))
  const wanted = await textOf(await warm(ours))
  await bench.compare({
    name,
    unit: 'pages/s',
    rounds,
    ours: () => rateOf(ours, documentsARound),
    peers: peers.map(({ name: peer, target, start, count }) => ({
      name: peer,
      ...(target === undefined ? {} : { target }),
      async run() {
        const contestant = started.get(peer) ?? (await start())
        if (!started.has(peer)) {
          started.set(peer, contestant)
          expectSame(peer, await textOf(await warm(contestant)), wanted)
        }
        return rateOf(contestant, count)
      },
    })),
  })
}

/** What becomes of a request: compiled, rendered by a confined process, read again, and stored. */
async function compareJobs(bench: Bench, folder: string) {
  const drawing = await writeDrawing(folder, 'dots')
  const program = file('services/pdf-worker/test/programs/bench-job-process.ts')
  const jobs = await forked(program, [String(pageCount), 'dots', join(folder, 'blobs')], '')
  const pdfkit = await nodePeer('pdfkit', drawing, folder)
  bench.onEnd(() => [jobs, pdfkit].forEach(({ end }) => end()))
  await warm(jobs)
  await warm(pdfkit)
  await bench.compare({
    name: 'whole job: compiled, rendered apart, verified, stored',
    unit: 'pages/s',
    rounds,
    ours: () => rateOf(jobs, documentsARound),
    peers: [{ name: 'pdfkit, drawing alone', target: 2, run: () => rateOf(pdfkit, 2) }],
  })
}

/** The most memory that a new process has held when its first document is written. */
async function compareMemory(bench: Bench, folder: string) {
  const drawing = await writeDrawing(folder, 'dots')
  const peak = async (start: () => Promise<Contestant>) => {
    const contestant = await start()
    const { peakBytes } = await contestant.draw(1)
    contestant.end()
    return peakBytes / 1e6
  }
  await bench.compare({
    name: 'memory at most, for one document in a new process',
    unit: 'MB',
    rounds: 3,
    ours: () => peak(() => ourselves(folder, 'dots')),
    peers: [
      { name: 'pdfkit', target: 1, run: () => peak(() => nodePeer('pdfkit', drawing, folder)) },
      { name: 'pdf-lib', run: () => peak(() => nodePeer('pdf-lib', drawing, folder)) },
      { name: 'ReportLab', run: () => peak(() => reportLab(drawing, folder)) },
    ],
  })
}

/** Whether one process stays as it is: after 50 documents, and within one of 1,000 pages. */
async function measureFlatness(bench: Bench, folder: string) {
  const growth = async () => {
    const contestant = await ourselves(folder, 'dots')
    const peaks: number[] = []
    for (let each = 0; each < documentsOfLongRun; each += 1) {
      peaks.push((await contestant.draw(1)).peakBytes)
    }
    contestant.end()
    return (peaks.at(-1) ?? 0) / (peaks[earlyDocuments - 1] ?? 1)
  }
  await bench.compare({
    name: `memory at most after ${documentsOfLongRun} documents, as multiple of ${earlyDocuments}`,
    unit: '×',
    rounds: 1,
    target: 1.1,
    ours: growth,
  })
  const long = async () => {
    const contestant = await ourselves(folder, 'dots', manyPages)
    const { peakBytes, tookMs } = await contestant.draw(1)
    console.log(`  ${manyPages} pages took ${(tookMs / 1_000).toFixed(1)} s in a new process`)
    contestant.end()
    return peakBytes / 1e6
  }
  await bench.compare({
    name: `memory at most, for one document of ${manyPages} pages`,
    unit: 'MB',
    rounds: 1,
    ours: long,
  })
}

async function rateOf(contestant: Contestant, count: number): Promise<number> {
  const { pages, tookMs } = await contestant.draw(count)
  return (pages * 1_000) / tookMs
}

/** Its output, after it has drawn often enough to be warm. */
async function warm(contestant: Contestant): Promise<string> {
  await contestant.draw(2)
  return contestant.output
}

async function writeDrawing(folder: string, kind: Kind): Promise<string> {
  const path = join(folder, `${kind}.json`)
  const made = spawn(process.execPath, [renderer, 'drawing', String(pageCount), kind, path], {
    stdio: 'inherit',
  })
  const [code] = (await once(made, 'exit')) as [number | null]
  if (code !== 0) throw new Error('the planner could not be laid out')
  const { pages } = JSON.parse(await readFile(path, 'utf8')) as Drawing
  if (pages.length !== pageCount) throw new Error(`the planner has ${pages.length} pages`)
  return path
}

function ourselves(folder: string, kind: Kind, pages = pageCount): Promise<Contestant> {
  const output = join(folder, `atrium-${kind}-${pages}.pdf`)
  return forked(renderer, ['serve', String(pages), kind, output], output)
}

function nodePeer(name: string, drawing: string, folder: string): Promise<Contestant> {
  const output = join(folder, `${name}.pdf`)
  return forked(file(`bench/src/peers/${name}-process.ts`), [drawing, output], output)
}

/** As the service starts its render processes; every peer that runs on Node gets the same. */
const execArgv = ['--max-semi-space-size=4', '--expose-gc']

async function forked(program: string, args: string[], output: string): Promise<Contestant> {
  const child = fork(program, args, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await once(child, 'message')
  return {
    output,
    async draw(count) {
      child.send(count)
      const [served] = (await once(child, 'message')) as [Served]
      return served
    },
    end: () => child.kill(),
  }
}

/** Debian's package, unpacked beside the other programs, run by the system's Python. */
async function reportLab(drawing: string, folder: string): Promise<Contestant> {
  const root = await unpackedReportLab()
  const output = join(folder, 'reportlab.pdf')
  const program = file('bench/src/peers/reportlab-process.py')
  const child = spawn('/usr/bin/python3', [program, drawing, output], {
    env: {
      PYTHONPATH: join(root, 'usr/lib/python3/dist-packages'),
      LD_LIBRARY_PATH: join(
        root,
        `usr/lib/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`,
      ),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = (await lines.next()) as { value: string; done: boolean }
    if (done) throw new LeftOut('it ended')
    return JSON.parse(value) as Served
  }
  await answer()
  return {
    output,
    draw(count) {
      child.stdin.write(`${count}\n`)
      return answer()
    },
    end: () => child.kill(),
  }
}

async function unpackedReportLab(): Promise<string> {
  const name = 'python3-reportlab'
  const kept = join(bin, name)
  try {
    await access(kept)
    return kept
  } catch {
    // Not unpacked yet.
  }
  const root = await unpackDebian(name, bin).catch((error: unknown) => {
    throw new LeftOut(error instanceof Error ? error.message : String(error))
  })
  if (root === undefined) throw new LeftOut('there is no apt to take it from')
  return root
}

/** The words of a file, page by page, of which it has all; nothing where poppler is missing. */
async function textOf(path: string): Promise<string[] | undefined> {
  const programs = await findPrograms(poppler, bin).catch((error: unknown) => {
    console.log(`  texts are not compared: ${error instanceof Error ? error.message : ''}`)
  })
  if (!programs) return undefined
  const { stdout } = await programs.pdftotext.run(['-layout', path, '-'])
  const pages = stdout.split('\f').slice(0, -1)
  if (pages.length !== pageCount) throw new Error(`${path} has ${pages.length} pages`)
  return pages.map((page) => page.split(/\s+/).filter(Boolean).sort().join(' '))
}

function expectSame(peer: string, found: string[] | undefined, wanted: string[] | undefined) {
  const other = wanted?.findIndex((page, index) => found?.[index] !== page) ?? -1
  if (found && other >= 0) throw new Error(`${peer} drew another text on page ${other + 1}`)
}
