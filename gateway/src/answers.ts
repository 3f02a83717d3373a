import { problemHeaders, problemOf, rejectionFor } from '@atrium/platform/http/problem.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Limiter } from './limits/limiter.ts'

/** What plugins (CORS) put on the reply, the limits and the correlation id. */
export function answerFields(request: FastifyRequest, reply: FastifyReply, limiter: Limiter) {
  const fields = ['x-correlation-id', request.correlationId]
  if (request.account) fields.push(...limiter.fieldsOf(request.account))
  const fromPlugins = reply.getHeaders()
  for (const name in fromPlugins) fields.push(name, String(fromPlugins[name]))
  return fields
}

/** Answers an error with its problem; logs those that are our own fault. */
export function createRefuser(
  logger: Logger,
  securityHeaders: Readonly<Record<string, string>>,
  limiter: Limiter,
) {
  return (request: FastifyRequest, reply: FastifyReply, error: unknown) => {
    const rejection = rejectionFor(error)
    const problem = problemOf(rejection)
    if (problem.status === 500) {
      logger.error({ err: error, correlationId: request.correlationId }, 'a request failed')
    }
    const fields = answerFields(request, reply, limiter)
    for (let at = 0; at < fields.length; at += 2) {
      reply.header(fields[at] ?? '', fields[at + 1])
    }
    // Whoever waits to send a body must not take this for leave to send it.
    if (request.headers.expect !== undefined) reply.header('connection', 'close')
    return reply
      .headers({
        ...securityHeaders,
        ...request.routeOptions.config.fixedHeaders,
        ...problemHeaders(problem),
      })
      .code(problem.status)
      .send(JSON.stringify(problem))
  }
}
