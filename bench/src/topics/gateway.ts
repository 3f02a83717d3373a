import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Topic } from '../bench.ts'
import { loadWith } from '../load.ts'
import { addressFrom, startProcess } from '../processes.ts'

const connections = 64
const roundSeconds = 4

/** One small GET through the whole gateway, as production runs it, and through the bare proxy. */
export const topic: Topic = {
  summary: `GET through the door, ${connections} connections: token, tenant, limits and logs on`,
  async run(bench) {
    const { token, keys } = await createIdentity()
    const start = (file: string, args: readonly string[], environment = {}) =>
      addressFrom(startProcess(bench, file, args, environment))
    const service = await start('bench/src/peers/http-service.ts', [keys])
    const bare = await start('bench/src/peers/http-proxy.ts', [service])
    const gateway = await start('gateway/src/main.ts', [], {
      PORT: '0',
      NATS_URL: await bench.nats(),
      AUTH_URL: service,
      INSTANCES_URL: service,
      ASSETS_URL: service,
      PDF_URL: service,
      RATE_LIMIT_SCALE: '1000000',
    })
    const values = [`Bearer ${token}`]
    const load = (origin: string) =>
      loadWith(
        { url: `${origin}/v1/instances`, field: 'authorization', values },
        { connections, seconds: roundSeconds },
      )
    for (const origin of [gateway, bare]) await load(origin) // compiled by now, as in production
    const peerName = 'bare @fastify/http-proxy'
    await bench.compare({
      name: `gateway GET, ${connections} connections`,
      unit: 'requests/s',
      ours: async () => (await load(gateway)).perSecond,
      peers: [{ name: peerName, target: 1.2, run: async () => (await load(bare)).perSecond }],
    })
    await bench.compare({
      name: `gateway GET p99, ${connections} connections`,
      unit: 'ms',
      ours: async () => (await load(gateway)).p99Ms,
      peers: [{ name: peerName, target: 0.9, run: async () => (await load(bare)).p99Ms }],
    })
  },
}

async function createIdentity() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const key = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }
  const token = await new SignJWT({ tid: 'default', sid: `ses_${'a'.repeat(32)}` })
    .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
    .setIssuer('atrium')
    .setAudience('atrium')
    .setSubject(`usr_${'b'.repeat(32)}`)
    .setExpirationTime('2h')
    .sign(privateKey)
  return { token, keys: JSON.stringify({ keys: [key] }) }
}
