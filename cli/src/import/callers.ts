import { consistencyHeader } from '@atrium/contracts/consistency-token.ts'
import { accepted, type Answer, type PlatformClient, type Request } from './platform-client.ts'

/** Someone who calls the platform: refusals are thrown, and what was written is seen. */
export interface Caller {
  call(request: Omit<Request, 'token'>): Promise<Answer>
}

export interface Administrator extends Caller {
  /** As an account that was imported and that nobody has signed in to. */
  actFor(tenant: string, userId: string): Caller & { leave(): Promise<void> }
}

export interface Credentials {
  readonly email: string
  readonly password: string
}

/** A token is renewed so long before it ends. */
const renewMs = 60_000

interface Token {
  readonly text: string
  readonly renewAtMs: number
}

type IssueToken = () => Promise<{ readonly accessToken: string; readonly expiresIn: number }>

/** Throws Refused where the credentials are none of an administrator. */
export async function signInAdministrator(
  client: PlatformClient,
  { email: identifier, password }: Credentials,
): Promise<Administrator> {
  const caller = createCaller(client, async () => {
    const body = { identifier, password }
    const answer = accepted(await client.send({ method: 'POST', path: '/v1/auth/login', body }))
    return answer.body as Awaited<ReturnType<IssueToken>>
  })
  await caller.call({ method: 'GET', path: '/v1/tenants?limit=1' })
  return {
    call: caller.call,
    actFor(tenant, userId) {
      const path = `/v1/tenants/${tenant}/imported-users/${userId}/token`
      const acting = createCaller(client, async () => {
        const { body } = await caller.call({ method: 'POST', path })
        return body as Awaited<ReturnType<IssueToken>>
      })
      return {
        call: acting.call,
        async leave() {
          if (!acting.hasToken()) return
          await acting.call({ method: 'POST', path: '/v1/auth/logout' })
        },
      }
    },
  }
}

function createCaller(client: PlatformClient, issue: IssueToken) {
  let token: Promise<Token> | undefined
  let consistency: string | null = null

  const renewed = async (): Promise<Token> => {
    const { accessToken: text, expiresIn } = await issue()
    return { text, renewAtMs: Date.now() + expiresIn * 1_000 - renewMs }
  }
  async function valid(): Promise<string> {
    const known = await token
    if (known && known.renewAtMs > Date.now()) return known.text
    token = renewed()
    return (await token).text
  }

  return {
    hasToken: () => token !== undefined,
    async call(request: Omit<Request, 'token'>): Promise<Answer> {
      const headers = {
        ...(consistency === null ? {} : { [consistencyHeader]: consistency }),
        ...request.headers,
      }
      let answer = await client.send({ ...request, headers, token: await valid() })
      if (answer.status === 401) {
        token = undefined
        answer = await client.send({ ...request, headers, token: await valid() })
      }
      consistency = answer.headers.get(consistencyHeader) ?? consistency
      return accepted(answer)
    },
  }
}
