import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../door-fixture.ts'
import type { Standing } from './counter.ts'
import { createMemoryCounter } from './memory-counter.ts'
import type { Policy } from './policy.ts'
import { createRedisCounter } from './redis-counter.ts'

const installed = spawnSync('redis-server', ['--version']).status === 0
const log = pino({ level: 'silent' })
const closings: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closings.splice(0).toReversed()) await close()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

function startRedis(port: number): ChildProcess {
  const redis = spawn('redis-server', ['--port', `${port}`, '--save', '', '--bind', '127.0.0.1'], {
    stdio: 'ignore',
  })
  closings.push(() => redis.kill('SIGKILL'))
  return redis
}

const policy: Policy = { name: 'read-user', scope: 'user', limit: 3, windowMs: 60_000 }
const meters = [{ policy, key: 'read-user:default:usr_a' }]

function createCounter(port: number) {
  const counter = createRedisCounter({
    url: `redis://127.0.0.1:${port}`,
    local: createMemoryCounter(),
    log,
  })
  closings.push(() => counter.close())
  const take = async () => ((await counter.take(meters)) as Standing[])[0]?.used ?? 0
  return { take }
}

describe.skipIf(!installed)(
  'counting in Redis (left out where redis-server is not installed)',
  () => {
    it('counts for all processes together', async () => {
      const port = await freePort()
      startRedis(port)
      const [one, two] = [createCounter(port), createCounter(port)]
      await untilTogether(one, two)
      const [a, b, c] = [await one.take(), await two.take(), await one.take()]
      expect([b - a, c - b]).toEqual([1, 1])
    })

    it('goes on per process while Redis is away, and with Redis again by itself', async () => {
      const port = await freePort()
      const redis = startRedis(port)
      const [one, two] = [createCounter(port), createCounter(port)]
      await untilTogether(one, two)
      redis.kill('SIGKILL')
      await once(redis, 'exit')
      const counts: number[] = []
      for (let at = 0; at < 4; at += 1) counts.push(await one.take())
      expect(counts.map((count, at) => count - at)).toEqual(counts.map(() => counts[0]))
      startRedis(port)
      await untilTogether(one, two)
    })

    it('does not wait for a Redis that takes requests and never answers', async () => {
      const port = await freePort()
      const redis = startRedis(port)
      const [one, two] = [createCounter(port), createCounter(port)]
      await untilTogether(one, two)
      redis.kill('SIGSTOP')
      const began = performance.now()
      for (let at = 0; at < 100; at += 1) await one.take()
      expect(performance.now() - began).toBeLessThan(9_000) // each would wait 200 ms
      redis.kill('SIGCONT')
    })
  },
)

interface Taker {
  take(): Promise<number>
}

/** Both count for themselves until they are connected; then each sees the other's. */
async function untilTogether(one: Taker, two: Taker) {
  let [asking, together] = [false, false]
  const ask = async () => {
    const [a, b, c] = [await one.take(), await two.take(), await one.take()]
    together = b === a + 1 && c === b + 1
    asking = false
  }
  await until(() => {
    if (!asking && !together) {
      asking = true
      void ask()
    }
    return together
  }, 10_000)
}
