import type { Bench, Topic } from '../bench.ts'
import { loadWith, type Target } from '../load.ts'
import { addressFrom, post, startProcess, startService } from '../processes.ts'

const connections = 64
const roundSeconds = 4
const password = 'a long enough passphrase'
const peopleMax = 64

/**
 * Who is this, and does the session still live: the same question to both over HTTP, by 64 people
 * in turn, answered with the user. Better Auth selects the session's and the user's rows. Auth
 * verifies the token, and asks the event store for what was written to both streams since the
 * states that it keeps: every answer has seen the database, after it was asked for.
 */
export const topic: Topic = {
  summary: `session to user, checked against the database, ${connections} connections`,
  async run(bench) {
    const auth = await startAuth(bench)
    const peer = await startBetterAuth(bench)
    const shape = { connections, seconds: roundSeconds }
    const load = async (target: Target) => (await loadWith(target, shape)).perSecond
    const name = 'Better Auth get-session'
    await bench.compare({
      name: 'session check against the database: GET me, session and user read',
      unit: 'requests/s',
      ours: () => load(auth.me),
      peers: [{ name, target: 8, run: () => load(peer) }],
    })
    await bench.compare({
      name: 'what a gateway asks while NATS is away: has this session ended',
      unit: 'requests/s',
      ours: () => load(auth.check),
    })
  },
}

async function startAuth(bench: Bench): Promise<{ check: Target; me: Target }> {
  const noRequestLines = { LOG_LEVEL: 'warn' } // as the peer
  const url = await startService(bench, 'auth', noRequestLines)
  const tokens: string[] = []
  for (const email of emails()) {
    const { body } = await post(`${url}/v1/auth/register`, { email, password })
    tokens.push((body as { accessToken: string }).accessToken)
  }
  const claims = Buffer.from(tokens[0]?.split('.')[1] ?? '', 'base64url').toString()
  const { sid } = JSON.parse(claims) as { sid: string }
  const values = tokens.map((token) => `Bearer ${token}`)
  return {
    check: { url: `${url}/internal/sessions/${sid}`, field: 'authorization', values },
    me: { url: `${url}/v1/auth/me`, field: 'authorization', values },
  }
}

async function startBetterAuth(bench: Bench): Promise<Target> {
  const database = await bench.database()
  const url = await addressFrom(
    startProcess(bench, 'bench/src/peers/better-auth-process.ts', [database]),
  )
  const values: string[] = []
  for (const email of emails()) {
    const signUp = { name: 'Ada', email, password }
    const { headers } = await post(`${url}/api/auth/sign-up/email`, signUp)
    const cookies = headers.getSetCookie().map((each) => each.split(';')[0])
    values.push(cookies.join('; '))
  }
  const target = { url: `${url}/api/auth/get-session`, field: 'cookie', values }
  const shown = await fetch(target.url, { headers: { cookie: values[0] ?? '' } })
  const session = (await shown.json()) as { user?: { email: string } } | null
  if (session?.user?.email !== emails()[0]) throw new Error('Better Auth knows no session')
  return target
}

const emails = () => Array.from({ length: peopleMax }, (_, n) => `ada-${n}@example.com`)
