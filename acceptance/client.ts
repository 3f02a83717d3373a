import { randomBytes } from 'node:crypto'
import type { Tokens } from '@atrium/contracts/auth/http.ts'
import { inject } from 'vitest'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- tests say what it is
  readonly body: any
  readonly text: string
  /** All of the body, also what is no text. */
  readonly bytes: Buffer
}

export interface CallOptions {
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as they are, in place of `body`, as the media type that `headers` names. */
  readonly bytes?: Uint8Array<ArrayBuffer>
  /** Sent as `multipart/form-data`. */
  readonly form?: FormData
  readonly headers?: Readonly<Record<string, string>>
}

export const password = 'a long enough passphrase'

/** One HTTP call through the gateway, as curl would make it. */
export async function call(
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Reply> {
  const { body, bytes, form, headers } = options
  const response = await fetch(`${inject('atrium').url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(bytes === undefined ? {} : { body: bytes }),
    ...(form === undefined ? {} : { body: form }),
  })
  const received = Buffer.from(await response.arrayBuffer())
  const text = received.toString()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined,
    text,
    bytes: received,
  }
}

/** A signed-in person, who carries the consistency token from each answer into the next call. */
export interface Person {
  readonly tenant: string
  readonly email: string
  readonly tokens: Tokens
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>
}

export const uniqueEmail = () => `p-${randomBytes(8).toString('hex')}@example.com`

export function createPerson(tenant: string, registered: Reply): Person {
  const tokens = registered.body as Tokens
  let consistency = registered.headers.get('consistency-token')
  return {
    tenant,
    email: tokens.user.email,
    tokens,
    async call(method, path, options = {}) {
      const reply = await call(method, path, {
        ...options,
        headers: {
          authorization: `Bearer ${tokens.accessToken}`,
          ...(consistency === null ? {} : { 'consistency-token': consistency }),
          ...options.headers,
        },
      })
      consistency = reply.headers.get('consistency-token') ?? consistency
      return reply
    },
  }
}

export async function register(tenant = 'default', email = uniqueEmail()): Promise<Person> {
  const reply = await call('POST', '/v1/auth/register', {
    headers: { 'x-tenant': tenant },
    body: { email, password },
  })
  if (reply.status !== 201) throw new Error(`register: ${reply.status} ${reply.text}`)
  return createPerson(tenant, reply)
}

/** Whom the platform of this run is started with. */
export const platformAdministrator = {
  email: 'root@example.com',
  password: 'correct horse battery',
}

export async function signInAdministrator(): Promise<Person> {
  const { email: identifier, password: given } = platformAdministrator
  const body = { identifier, password: given }
  const reply = await call('POST', '/v1/auth/login', { body })
  if (reply.status !== 200) throw new Error(`administrator: ${reply.status} ${reply.text}`)
  return createPerson('default', reply)
}

/** A new tenant, made by the platform administrator. */
export async function createTenant(): Promise<string> {
  const administrator = await signInAdministrator()
  const id = `t-${randomBytes(6).toString('hex')}`
  const reply = await administrator.call('POST', '/v1/tenants', { body: { id, name: 'A tenant' } })
  if (reply.status !== 201) throw new Error(`tenant: ${reply.status} ${reply.text}`)
  return id
}

const pollMs = 20

/** Asks again until the condition holds; a limit, not a time, is asserted. */
export async function until<Result>(
  ask: () => Promise<Result>,
  holds: (result: Result) => boolean,
  limitMs = 60_000,
): Promise<Result> {
  const end = performance.now() + limitMs
  for (;;) {
    const result = await ask()
    if (holds(result) || performance.now() > end) return result
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
