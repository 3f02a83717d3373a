import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bench, p99, type Topic } from '../bench.ts'
import { post, startService } from '../processes.ts'

const waitingJobs = 1_000
const pages = 366
const requests = 300
const callers = 8
const limitMs = 100

/**
 * How long a request for a PDF takes at the service, while as many jobs as that wait and two are
 * being rendered on the same machine.
 */
export const topic: Topic = {
  summary: `a PDF of ${pages} pages asked for while ${waitingJobs} jobs wait`,
  async run(bench) {
    const subject = await startSubject(bench)
    await fillQueue(subject)
    for (const [name, members] of [
      ['sent along', { project: planner('Sent along') }],
      ['stored', { projectId: subject.projectId }],
    ] as const) {
      await bench.compare({
        name: `job accepted, planner ${name}, ${waitingJobs} waiting, p99`,
        unit: 'ms',
        target: limitMs,
        rounds: 3,
        ours: async () => p99(await measure(subject, members)),
      })
    }
    const { items } = await subject.ask('GET', '/v1/pdf/jobs?status=pending&limit=100')
    if (items?.length !== 100) throw new Error('the queue was empty before the measurement ended')
  },
}

interface Subject {
  readonly projectId: string
  ask(method: string, path: string, body?: object): Promise<Answered>
}

interface Answered {
  readonly id?: string
  readonly items?: readonly { readonly id: string }[]
}

async function startSubject(bench: Bench): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-bench-pdf-jobs-'))
  bench.onEnd(() => rm(folder, { recursive: true, force: true }))
  const SERVICE_SECRET = randomBytes(32).toString('base64url')
  const auth = await startService(bench, 'auth', { SERVICE_SECRET })
  const peers = { SERVICE_SECRET, AUTH_URL: auth }
  const instances = await startService(bench, 'instances', peers)
  const pdf = await startService(bench, 'pdf', {
    ...peers,
    INSTANCES_URL: instances,
    BLOBS_DIR: folder,
    PDF_JOBS_PER_DAY_MAX: '1000000',
  })
  const { body } = await post(`${auth}/v1/auth/register`, {
    email: `p-${randomUUID()}@example.com`,
    password: 'a long enough passphrase',
  })
  const authorization = `Bearer ${(body as { accessToken: string }).accessToken}`
  const asker = (origin: string) => async (method: string, path: string, sent?: object) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { authorization, ...(sent ? { 'content-type': 'application/json' } : {}) },
      ...(sent ? { body: JSON.stringify(sent) } : {}),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Answered
  }
  const atInstances = asker(instances)
  const instance = await atInstances('POST', '/v1/instances', { name: 'Bench' })
  const project = await atInstances('POST', `/v1/instances/${instance.id}/projects`, {
    name: 'Bench',
    kind: 'planner',
    content: planner('Stored'),
  })
  return { projectId: project.id ?? '', ask: asker(pdf) }
}

async function fillQueue({ ask }: Subject) {
  let next = 0
  const fill = async () => {
    while (next < waitingJobs) {
      next += 1
      await ask('POST', '/v1/pdf/jobs', {
        project: planner(`Waiting ${next}`),
        device: 'remarkable-2',
      })
    }
  }
  await Promise.all(Array.from({ length: callers }, fill))
}

/** One after the other, so that none waits for another of ours. Each is rendered in its turn. */
async function measure({ ask }: Subject, members: object): Promise<number[]> {
  const figures: number[] = []
  for (let request = 0; request < requests; request += 1) {
    const startedAt = performance.now()
    await ask('POST', '/v1/pdf/jobs', { ...members, device: 'remarkable-2' })
    figures.push(performance.now() - startedAt)
  }
  return figures
}

/** A page for each day, with a dozen links on each. */
const planner = (name: string) => ({
  metadata: { name },
  masters: [
    {
      name: 'day',
      widgets: [
        {
          id: 'title',
          type: 'text_block',
          position: { x: 40, y: 30, width: 300, height: 40 },
          content: '{date_long}',
        },
        {
          id: 'here',
          type: 'anchor',
          position: { x: 0, y: 0, width: 10, height: 10 },
          properties: { destId: 'day:{date}' },
        },
        ...Array.from({ length: 12 }, (_, index) => ({
          id: `link-${index}`,
          type: 'internal_link',
          position: { x: 40, y: 90 + index * 30, width: 120, height: 28 },
          content: `Link ${index}`,
          properties: { bind: 'day(@date_next)' },
        })),
        {
          id: 'notes',
          type: 'lines',
          position: { x: 180, y: 90, width: 240, height: 400 },
          properties: { lineCount: 18, lineSpacing: 20 },
        },
      ],
    },
  ],
  plan: {
    calendar: { startDate: '2026-01-01', endDate: '2027-01-01' },
    sections: [{ kind: 'days', master: 'day', generate: 'each_day' }],
    order: ['days'],
  },
})
