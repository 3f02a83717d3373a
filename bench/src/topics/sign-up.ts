import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { consistencyHeader } from '@atrium/contracts/consistency-token.ts'
import { p99, type Topic } from '../bench.ts'
import { addressFrom, post, startProcess, startService } from '../processes.ts'

const signUpsPerRound = 50
const pauseMs = 20

/**
 * What a person waits for, over HTTP through the gateway: registering, then the list of instances,
 * which by the consistency token holds the personal workspace that a reaction made. The second row
 * leaves out the registration itself, most of which is the hash of the password.
 */
export const topic: Topic = {
  summary: `sign-up to visible instance, ${signUpsPerRound} people one after the other`,
  async run(bench) {
    const auth = await startService(bench, 'auth')
    const instances = await startService(bench, 'instances', { AUTH_URL: auth })
    const gateway = await addressFrom(
      startProcess(bench, 'gateway/src/main.ts', [], {
        PORT: '0',
        NATS_URL: await bench.nats(),
        AUTH_URL: auth,
        INSTANCES_URL: instances,
        ASSETS_URL: instances,
        PDF_URL: instances,
        RATE_LIMIT_SCALE: '1000000',
      }),
    )
    await signUp(gateway) // everything is connected and has its leaders now
    const round = async () => {
      const times: Times[] = []
      for (let number = 0; number < signUpsPerRound; number += 1) {
        times.push(await signUp(gateway))
        await delay(pauseMs)
      }
      return times
    }
    await bench.compare({
      name: 'sign-up to visible instance, p99',
      unit: 'ms',
      ours: async () => p99((await round()).map(({ wholeMs }) => wholeMs)),
    })
    await bench.compare({
      name: 'answered sign-up to visible instance, p99',
      unit: 'ms',
      ours: async () => p99((await round()).map(({ afterMs }) => afterMs)),
    })
  },
}

interface Times {
  readonly wholeMs: number
  readonly afterMs: number
}

/** Throws where the first read does not show the instance: no reading again and again. */
async function signUp(gateway: string): Promise<Times> {
  const startedAt = performance.now()
  const { headers, body } = await post(`${gateway}/v1/auth/register`, {
    email: `p-${randomUUID()}@example.com`,
    password: 'a long enough passphrase',
  })
  const answeredAt = performance.now()
  const response = await fetch(`${gateway}/v1/instances`, {
    headers: {
      authorization: `Bearer ${(body as { accessToken: string }).accessToken}`,
      [consistencyHeader]: headers.get(consistencyHeader) ?? '',
    },
  })
  const text = await response.text()
  const endedAt = performance.now()
  const { items } = JSON.parse(text) as { items?: readonly { isDefault: boolean }[] }
  if (items?.length !== 1 || !items[0]?.isDefault) throw new Error(`${response.status}: ${text}`)
  return { wholeMs: endedAt - startedAt, afterMs: endedAt - answeredAt }
}
