import type { FastifyInstance } from 'fastify'
import type { Revocations } from '../identity/revocations.ts'
import type { Projections } from '../projections/projections.ts'
import type { Reactions } from '../reactions/reactions.ts'
import type { Relay } from '../relay/relay.ts'
import type { Service } from './connect.ts'

/** Something that works beside the requests: a timer, a queue's worker. */
export interface Part {
  start?(): Promise<void> | void
  close?(): Promise<void> | void
}

export interface RunOptions {
  readonly app: FastifyInstance
  readonly revocations: Revocations
  readonly projections: Projections
  readonly relay: Relay
  readonly reactions: Reactions
  /** By their names; started in this order, when the read models are there. */
  readonly parts?: Readonly<Record<string, Part>>
}

/** Starts everything, answers requests until the process is told to stop, and lets go in order. */
export async function runService(service: Service, options: RunOptions): Promise<void> {
  const { config, logger, lifecycle } = service
  const { app, revocations, projections, relay, reactions, parts = {} } = options
  const closing = { revocations, projections, relay, reactions, ...parts }
  for (const [name, part] of Object.entries<Part>(closing)) {
    lifecycle.onStop('work', name, () => part.close?.())
  }
  revocations.start()
  await projections.start()
  relay.start()
  reactions.start()
  for (const part of Object.values(parts)) await part.start?.()
  await app.listen({ host: config.HOST, port: config.PORT })
  logger.info({ port: config.PORT }, 'ready')
  await lifecycle.run()
}
