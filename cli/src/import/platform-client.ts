import { setTimeout as delay } from 'node:timers/promises'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Of JSON; undefined where there is none. */
  readonly body: unknown
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly token?: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly form?: FormData
  readonly headers?: Readonly<Record<string, string>>
  /** Whether a request whose answer was lost may be sent again; by default it may. */
  readonly mayRepeat?: boolean
}

/** The platform's own API, through its door. */
export interface PlatformClient {
  /** The answer, whatever it is; throws where none came. Limits are waited for. */
  send(request: Request): Promise<Answer>
}

/** A refusal in the platform's words. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly code: string
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[]

  constructor({ status, body }: Answer) {
    const problem = (body ?? {}) as {
      readonly code?: string
      readonly title?: string
      readonly detail?: string
      readonly errors?: Refused['errors']
    }
    const { code = String(status), title = 'refused', detail, errors = [] } = problem
    const places = errors.map((each) => `${each.pointer} ${each.detail}`).join('; ')
    super([title, detail, places].filter(Boolean).join(': '))
    this.status = status
    this.code = code
    this.errors = errors
  }
}

/** The body of an answer that is no refusal. */
export function accepted(answer: Answer): Answer {
  if (answer.status < 400) return answer
  throw new Refused(answer)
}

const attemptsMax = 8
const retryMs = 500
const retryMaxMs = 15_000
/** An import of many projects waits for its limits again and again. */
const limitedMax = 500
const limitedMaxMs = 120_000
const requestTimeoutMs = 120_000

export function createPlatformClient(url: string): PlatformClient {
  return {
    async send(request) {
      let failures = 0
      let limited = 0
      for (;;) {
        const answer = await once(url, request).catch((error: unknown) => {
          failures += 1
          if (failures === attemptsMax || request.mayRepeat === false) throw error
          return undefined
        })
        if (answer?.status === 429 && limited < limitedMax) {
          limited += 1
          await delay(Math.min(secondsIn(answer) * 1_000, limitedMaxMs))
          continue
        }
        const isAway = answer === undefined || (answer.status >= 502 && answer.status <= 504)
        if (answer && (!isAway || failures === attemptsMax)) return answer
        if (answer) failures += 1
        await delay(Math.min(retryMs * 2 ** failures, retryMaxMs))
      }
    },
  }
}

const secondsIn = ({ headers }: Answer) => Number(headers.get('retry-after') ?? 1) || 1

async function once(url: string, request: Request): Promise<Answer> {
  const { method, path, token, body, form, headers = {} } = request
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(form === undefined ? {} : { body: form }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : undefined
  return { status: response.status, headers: response.headers, body: parsed }
}
