import { randomUUID } from 'node:crypto'
import type { Bench } from '../bench.ts'
import { addressFrom, post, startProcess, startService } from '../processes.ts'
import { uploadForm } from '../upload.ts'

/** Where the services listen. */
export interface Services {
  readonly assets: string
  readonly instances: string
  readonly gateway: string
}

/** A person who has signed up, and an instance. */
export interface Subject extends Services {
  readonly headers: Readonly<Record<string, string>>
  readonly instanceId: string
}

/** The services as production runs them. */
export async function startServices(
  bench: Bench,
  blobFolder: string,
  ofAssets: Readonly<Record<string, string>>,
): Promise<Services> {
  const auth = await startService(bench, 'auth')
  const instances = await startService(bench, 'instances', {
    AUTH_URL: auth,
    PROJECTS_MAX: '10000',
  })
  const assets = await startService(bench, 'assets', {
    AUTH_URL: auth,
    INSTANCES_URL: instances,
    BLOBS_DIR: blobFolder,
    FREE_TIER_BYTES_MAX: String(1024 ** 4),
    FREE_TIER_IMAGES_MAX: '1000000',
    ...ofAssets,
  })
  const gateway = await addressFrom(
    startProcess(bench, 'gateway/src/main.ts', [], {
      PORT: '0',
      NATS_URL: await bench.nats(),
      AUTH_URL: auth,
      INSTANCES_URL: instances,
      ASSETS_URL: assets,
      PDF_URL: instances,
      RATE_LIMIT_SCALE: '1000000',
    }),
  )
  return { assets, instances, gateway }
}

/** Somebody new for each measurement: a token is good for ten minutes. */
export async function signUp(services: Services): Promise<Subject> {
  const { gateway } = services
  const { headers, body } = await post(`${gateway}/v1/auth/register`, {
    email: `p-${randomUUID()}@example.com`,
    password: 'a long enough passphrase',
  })
  const authorization = `Bearer ${(body as { accessToken: string }).accessToken}`
  const token = headers.get('consistency-token') ?? ''
  const seen = { authorization, 'consistency-token': token }
  const listed = await fetch(`${gateway}/v1/instances`, { headers: seen })
  const { items } = (await listed.json()) as { items: readonly { id: string }[] }
  await fetch(`${gateway}/v1/assets`, { headers: seen }) // the instance has its storage then
  return { ...services, headers: { authorization }, instanceId: items[0]?.id ?? '' }
}

/**
 * Stores a file of so many bytes, which nobody has yet, or the same as the last time. Resolves with
 * the address of its content, and the headers to read it with.
 */
export async function upload(
  origin: string,
  { headers, instanceId }: Subject,
  sizeBytes: number,
  { isSame = false } = {},
) {
  const url = `${origin}/v1/assets`
  const { body, seen } = await uploadForm({
    url,
    headers,
    fields: { instanceId },
    sizeBytes,
    isSame,
  })
  const { items } = body as { readonly items: readonly { readonly id: string }[] }
  return { path: `/v1/assets/${items[0]?.id ?? ''}/content`, headers: { ...headers, ...seen } }
}

/** What the service has used so far. Throws where it does not tell. */
export async function processorMs(origin: string): Promise<number> {
  const seconds = await metricOf(origin, 'process_cpu_seconds_total')
  return seconds * 1_000
}

export async function metricOf(origin: string, name: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text()
  const value = Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1])
  if (!Number.isFinite(value)) throw new Error(`${origin} does not tell ${name}`)
  return value
}
