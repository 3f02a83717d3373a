import type { FastifyInstance } from 'fastify'

/** By a dependency's name: whether it can be used now. What throws, or hangs, cannot. */
export type Health = Readonly<Record<string, () => Promise<boolean> | boolean>>

const healthTimeoutMs = 2_000

/**
 * `/healthz`: the process answers. `/readyz`: every dependency does, each named with its state.
 * `/metrics`: Prometheus text. The gateway passes none of them on.
 */
export function mountOperations(app: FastifyInstance): void {
  const { health, metrics } = app.kit
  const config = { permission: 'anyone', operation: true } as const

  app.get('/healthz', { config }, async () => ({ status: 'up' }))

  app.get('/readyz', { config }, async (_request, reply) => {
    const states = await Promise.all(
      Object.entries(health).map(async ([name, check]) => [name, await stateOf(check)] as const),
    )
    const ready = states.every(([, state]) => state === 'up')
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'not-ready', dependencies: Object.fromEntries(states) })
  })

  app.get('/metrics', { config }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  )
}

async function stateOf(check: Health[string]): Promise<'up' | 'down'> {
  const overrun = Promise.withResolvers<false>()
  const timer = setTimeout(() => overrun.resolve(false), healthTimeoutMs)
  try {
    return (await Promise.race([check(), overrun.promise])) ? 'up' : 'down'
  } catch {
    return 'down'
  } finally {
    clearTimeout(timer)
  }
}
