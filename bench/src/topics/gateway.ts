import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Bench, Topic } from '../bench.ts'
import { loadWith } from '../load.ts'

const connections = 64
const roundSeconds = 4
const startTimeoutMs = 30_000

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** One small GET through the whole gateway, as production runs it, and through the bare proxy. */
export const topic: Topic = {
  summary: `GET through the door, ${connections} connections: token, tenant, limits and logs on`,
  async run(bench) {
    const { token, keys } = await createIdentity()
    const service = await start(bench, fileOf('../peers/http-service.ts'), [keys])
    const bare = await start(bench, fileOf('../peers/http-proxy.ts'), [service])
    const gateway = await start(bench, fileOf('../../../gateway/src/main.ts'), [], {
      PORT: '0',
      NATS_URL: await bench.nats(),
      AUTH_URL: service,
      INSTANCES_URL: service,
      RATE_LIMIT_SCALE: '1000000',
    })
    const values = [`Bearer ${token}`]
    const load = (origin: string) =>
      loadWith(
        { url: `${origin}/v1/instances`, field: 'authorization', values },
        { connections, seconds: roundSeconds },
      )
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

/** Starts a process that prints where it listens, and ends it after the topic. */
async function start(
  bench: Bench,
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: '/usr/bin:/bin', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  bench.onEnd(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  })
  const signal = AbortSignal.timeout(startTimeoutMs)
  let output = ''
  for (;;) {
    const [chunk] = (await once(child.stdout, 'data', { signal })) as [Buffer]
    output += chunk.toString()
    const address = /(?:"address":"|^)(http:\/\/[\d.:]+)/m.exec(output)?.[1]
    if (address === undefined) continue
    child.stdout.resume()
    return address
  }
}
