import { Redis } from 'ioredis'
import type { Counter, Meter, Standing } from './counter.ts'

/** Where a limit's log lines go; a part of pino's logger. */
interface Log {
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
}

const commandTimeoutMs = 200
const connectTimeoutMs = 2_000
const reconnectDelayMsMax = 2_000
/** After a failure Redis is left alone so long: no request waits for a server that is away. */
const restMs = 1_000

/**
 * KEYS: meters in order. ARGV: limit and window of each. Answers used and remaining time of each.
 */
const script = `
local answer = {}
for i, key in ipairs(KEYS) do
  local used = redis.call('INCR', key)
  local ttl = redis.call('PTTL', key)
  if ttl < 0 then
    ttl = tonumber(ARGV[2 * i])
    redis.call('PEXPIRE', key, ttl)
  end
  answer[2 * i - 1] = used
  answer[2 * i] = ttl
  if used > tonumber(ARGV[2 * i - 1]) then break end
end
return answer`

/**
 * Counts in Redis, for all gateways together; on `local` while Redis is away, and in Redis again by
 * itself when it is back. The hash tag keeps one request's meters on one node of a cluster's proxy.
 */
export function createRedisCounter(parameters: { url: string; local: Counter; log: Log }): Counter {
  const { local, log } = parameters
  let restUntil = 0
  let away = false

  const redis = new Redis(parameters.url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    retryStrategy: (attempt) => Math.min(50 * attempt, reconnectDelayMsMax),
  })
  const noteAway = (error: unknown) => {
    restUntil = performance.now() + restMs
    if (away) return
    away = true
    log.warn({ err: error }, 'Redis is away: rate limits are counted per process')
  }
  redis.on('error', noteAway)
  redis.connect().catch(noteAway)

  const takeInRedis = async (meters: readonly Meter[]): Promise<readonly Standing[]> => {
    const keys = meters.map(({ key }) => `{atrium:limits}:${key}`)
    const values = meters.flatMap(({ policy }) => [policy.limit, policy.windowMs])
    const answer = (await redis.eval(script, keys.length, ...keys, ...values)) as number[]
    if (away) log.info({}, 'Redis is back: rate limits are counted for all processes')
    away = false
    return standingsOf(meters, answer)
  }

  return {
    async take(meters) {
      if (redis.status !== 'ready' || performance.now() < restUntil) return local.take(meters)
      try {
        return await takeInRedis(meters)
      } catch (error) {
        noteAway(error)
        return local.take(meters)
      }
    },
    async close() {
      redis.disconnect()
      await local.close()
    },
  }
}

function standingsOf(meters: readonly Meter[], answer: readonly number[]): Standing[] {
  return meters.slice(0, answer.length / 2).map(({ policy }, index) => ({
    policy,
    used: Number(answer[2 * index]),
    resetsInMs: Number(answer[2 * index + 1]),
  }))
}
