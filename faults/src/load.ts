import { until } from './until.ts'

/** What happened to one person who tried to sign up while servers died. */
export interface SignUp {
  readonly email: string
  /** How the last attempt of the registration ended. */
  outcome: 'registered' | 'signed-in' | 'gave-up'
  userId?: string
}

export interface Load {
  readonly signUps: readonly SignUp[]
  /** Ends after the registrations under way; rejects where one broke a promise. */
  stop(): Promise<void>
}

const password = 'a long enough passphrase'

/** Per sign-up: a server may be away for a few seconds, more than once. */
const attemptsMax = 60
const pauseMs = 250
const requestTimeoutMs = 10_000

/**
 * People who sign up one after the other, `width` of them at a time, and look at their instances.
 * A failed request is made again, as a browser's person would.
 */
export function startLoad(url: string, run: string, width: number): Load {
  const signUps: SignUp[] = []
  const stopped = new AbortController()
  let count = 0

  async function person() {
    while (!stopped.signal.aborted) {
      const email = `${run}-${(count += 1)}@example.com`
      const signUp: SignUp = { email, outcome: 'gave-up' }
      signUps.push(signUp)
      await goThrough(url, signUp)
    }
  }

  const people = Array.from({ length: width }, person)
  const ended = Promise.all(people)
  ended.catch(() => {}) // told by stop()
  return {
    signUps,
    async stop() {
      stopped.abort()
      await ended
    },
  }
}

async function goThrough(url: string, signUp: SignUp) {
  const tokens = await signUpOrIn(url, signUp)
  if (!tokens) return
  const seen = await until(
    () => get(url, '/v1/instances', tokens.accessToken, tokens.consistency),
    // A sign-in's token does not name the registration that got through before it: that person has
    // to look again, one with the token of the registration must see the workspace at once.
    (reply) => reply?.status === 200 && (tokens.atOnce || hasOne(reply)),
    { attemptsMax, pauseMs },
  )
  if (!seen || !hasOne(seen)) {
    throw new Error(`${signUp.email} does not see a workspace: ${JSON.stringify(seen)}`)
  }
}

const hasOne = ({ body }: Reply) => body.items?.length === 1

interface SignedIn {
  readonly atOnce: boolean
  readonly accessToken: string
  readonly consistency: string | null
}

async function signUpOrIn(url: string, signUp: SignUp): Promise<SignedIn | undefined> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const { email } = signUp
    const registered = await post(url, '/v1/auth/register', { email, password })
    if (registered?.status === 201) return note(signUp, 'registered', registered)
    if (registered?.status === 409) {
      // An earlier attempt got through, or one that died holds the address for some seconds yet.
      const signedIn = await post(url, '/v1/auth/login', { identifier: email, password })
      if (signedIn?.status === 200) return note(signUp, 'signed-in', signedIn)
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return undefined
}

function note(signUp: SignUp, outcome: SignUp['outcome'], reply: Reply): SignedIn {
  const { accessToken = '', user } = reply.body
  signUp.outcome = outcome
  if (user) signUp.userId = user.id
  return { atOnce: outcome === 'registered', accessToken, consistency: reply.consistency }
}

export interface Reply {
  readonly status: number
  readonly body: {
    readonly user?: { readonly id: string }
    readonly accessToken?: string
    readonly code?: string
    readonly items?: readonly {
      readonly id: string
      readonly name: string
      readonly isDefault: boolean
    }[]
  }
  readonly consistency: string | null
}

export const post = (url: string, path: string, body: object) =>
  ask(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

export const get = (url: string, path: string, token: string, consistency: string | null) =>
  ask(`${url}${path}`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(consistency === null ? {} : { 'consistency-token': consistency }),
    },
  })

/** Undefined where no answer came at all. */
async function ask(url: string, init: RequestInit): Promise<Reply | undefined> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(requestTimeoutMs) })
    const text = await response.text()
    return {
      status: response.status,
      body: (text === '' ? {} : JSON.parse(text)) as Reply['body'],
      consistency: response.headers.get('consistency-token'),
    }
  } catch {
    return undefined
  }
}
