import helmet from '@fastify/helmet'
import fastify from 'fastify'

const aYearInSeconds = 31_536_000

/**
 * What helmet says for answers of the API, which are data and never pages. They are the same for
 * every answer, so helmet is asked once and not for every request.
 */
export async function readSecurityHeaders(): Promise<Readonly<Record<string, string>>> {
  const app = fastify()
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: { maxAge: aYearInSeconds, includeSubDomains: true },
  })
  app.get('/', (_request, reply) => reply.code(204).send())
  const { headers } = await app.inject('/')
  await app.close()
  const others = new Set(['date', 'connection', 'content-length', 'content-type'])
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && !others.has(name) ? [[name, value] as const] : [],
    ),
  )
}
