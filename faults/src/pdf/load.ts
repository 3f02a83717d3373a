import { randomBytes } from 'node:crypto'
import type { Random } from '../random.ts'
import { until } from '../until.ts'

/** A request for PDFs, of one job or of a batch, and what was answered. */
export interface Asked {
  readonly person: Person
  readonly key: string
  readonly body: object
  readonly pages: number
  readonly jobIds: readonly string[]
}

/** Somebody who asks; signs in again when the access token has run out. */
export interface Person {
  call(method: string, path: string, options?: CallOptions): Promise<Reply | undefined>
}

interface CallOptions {
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly bytes: Buffer
  /** Undefined for what is no JSON. */
  readonly json: unknown
}

const password = 'a long enough passphrase'
const requestTimeoutMs = 20_000
/** Per request: servers may be away for some seconds, more than once. */
const attemptsMax = 240
const pauseMs = 250

const devices = ['remarkable-2', 'boox-go-10.3', 'kobo-clara-2e', 'supernote-nomad']
const batchOneIn = 5
const pagesMax = 240

/**
 * Asks for so many jobs, some of them in batches, `width` requests at a time. Each has a key, under
 * which it is sent again until it is answered 202: so each is one request, whatever dies.
 */
export async function askForJobs(
  random: Random,
  people: readonly [Person, ...Person[]],
  jobsMax: number,
  width: number,
): Promise<readonly Asked[]> {
  const requests = planRequests(random, people, jobsMax)
  const asked: Asked[] = []
  const next = requests.values()
  async function ask() {
    for (const request of next) asked.push(await untilAccepted(request))
  }
  await Promise.all(Array.from({ length: width }, ask))
  return asked
}

type Request = Omit<Asked, 'jobIds'> & { readonly jobs: number }

function planRequests(random: Random, people: readonly [Person, ...Person[]], jobsMax: number) {
  const run = randomBytes(4).toString('hex')
  const requests: Request[] = []
  for (let left = jobsMax; left > 0;) {
    const isBatch = random.below(batchOneIn) === 0
    const jobs = isBatch ? Math.min(left, devices.length) : 1
    const pages = 1 + random.below(pagesMax)
    const key = `${run}-${requests.length}`
    requests.push({
      person: random.pick(people),
      key,
      pages,
      jobs,
      body: {
        project: plannerOf(pages, key),
        strict: random.below(2) === 0,
        ...(isBatch ? { devices: devices.slice(0, jobs) } : { device: devices[0] }),
      },
    })
    left -= jobs
  }
  return requests
}

async function untilAccepted({ jobs, ...request }: Request): Promise<Asked> {
  const { person, key, body } = request
  const reply = await until(
    () => person.call('POST', '/v1/pdf/jobs', { body, headers: { 'idempotency-key': key } }),
    (each) => each?.status === 202,
    { attemptsMax, pauseMs },
  )
  if (reply?.status !== 202) throw new Error(`${key} is not accepted: ${reply?.bytes.toString()}`)
  const said = reply.json as { readonly id: string; readonly items?: readonly { id: string }[] }
  const jobIds = said.items?.map(({ id }) => id) ?? [said.id]
  if (jobIds.length !== jobs) throw new Error(`${key} became ${jobIds.length} jobs, not ${jobs}`)
  return { ...request, jobIds }
}

export async function signUp(url: string, email: string): Promise<Person> {
  let token: string | undefined
  const enter = async () => {
    const registered = await send(url, 'POST', '/v1/auth/register', { body: { email, password } })
    const reply =
      registered?.status === 201
        ? registered
        : await send(url, 'POST', '/v1/auth/login', { body: { identifier: email, password } })
    token = (reply?.json as { accessToken?: string } | undefined)?.accessToken
    return token
  }
  await until(enter, Boolean, { attemptsMax, pauseMs })
  return {
    async call(method, path, { body, headers = {} } = {}) {
      const as = () => ({ ...headers, authorization: `Bearer ${token}` })
      const options = body === undefined ? {} : { body }
      const reply = await send(url, method, path, { ...options, headers: as() })
      if (reply?.status !== 401) return reply
      await enter()
      return await send(url, method, path, { ...options, headers: as() })
    },
  }
}

/** Undefined where no whole answer came. */
async function send(
  url: string,
  method: string,
  path: string,
  { body, headers = {} }: CallOptions,
): Promise<Reply | undefined> {
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(requestTimeoutMs),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    const json: unknown = isJson ? JSON.parse(bytes.toString()) : undefined
    return { status: response.status, bytes, json }
  } catch {
    return undefined
  }
}

/** A planner of so many pages, each of which leads to the first. */
const plannerOf = (pages: number, name: string) => ({
  metadata: { name },
  masters: [
    {
      name: 'page',
      widgets: [
        {
          id: 'text',
          type: 'text_block',
          position: { x: 40, y: 40, width: 200, height: 40 },
          content: `${name}: {index} of {total}`,
        },
        {
          id: 'here',
          type: 'anchor',
          position: { x: 0, y: 0, width: 10, height: 10 },
          properties: { destId: 'notes:page:{index_padded}' },
        },
        {
          id: 'first',
          type: 'internal_link',
          position: { x: 40, y: 100, width: 100, height: 40 },
          content: 'First',
          properties: { bind: 'notes(1)' },
        },
        {
          id: 'month',
          type: 'calendar',
          position: { x: 40, y: 160, width: 150, height: 150 },
          properties: { startDate: '2026-03' },
        },
      ],
    },
  ],
  plan: {
    sections: [{ kind: 'pages', master: 'page', generate: 'count', count: pages }],
    order: ['pages'],
  },
})
