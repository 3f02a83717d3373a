import { jwksPath } from '@atrium/contracts/routes.ts'
import type { FastifyInstance } from 'fastify'
import type { SigningKeys } from '../signing-keys/signing-keys.ts'

/** The public keys that verify access tokens: RFC 7517, to be kept for no longer than it says. */
export function mountJwks(app: FastifyInstance, signingKeys: Pick<SigningKeys, 'jwks'>) {
  app.get(
    jwksPath,
    { config: { permission: 'anyone', operation: true } },
    async (_request, reply) => {
      const { keys, maxAgeSeconds } = signingKeys.jwks()
      return reply
        .header('cache-control', `public, max-age=${maxAgeSeconds}`)
        .type('application/jwk-set+json')
        .send(JSON.stringify({ keys }))
    },
  )
}
