import { createHash, randomBytes, randomInt } from 'node:crypto'
import { Upload } from 'tus-js-client'
import { get, post } from '../load.ts'
import { until } from '../until.ts'

/** An upload that its client was told is finished. */
export interface Uploaded {
  readonly accessToken: string
  readonly assetId: string
  readonly sha256: string
  readonly sizeBytes: number
}

export interface Uploads {
  readonly done: readonly Uploaded[]
  /** What no client should have been told. */
  readonly faults: readonly string[]
  /** Pieces that were answered so far. */
  pieces(): number
  /** Until so many were answered. */
  reached(pieces: number, timeoutMs: number): Promise<void>
  /** Ends after the uploads that are under way. */
  stop(): Promise<void>
}

const password = 'a long enough passphrase'
const width = 4
const sizeMax = 2_500_000
const pieceMin = 60_000
const pieceMax = 600_000
const readyLimits = { attemptsMax: 120, pauseMs: 250 }
const lookMs = 20

/** As patient as somebody whose servers are away for some seconds, more than once. */
const retryDelays = Array.from({ length: 120 }, () => 250)

/** People who upload one file after the other, each in pieces, with tus-js-client as it is. */
export async function startUploads(url: string, run: string): Promise<Uploads> {
  const done: Uploaded[] = []
  const faults: string[] = []
  let pieces = 0
  const stopped = new AbortController()

  async function person(email: string) {
    const who = await signUp(url, email)
    while (!stopped.signal.aborted) {
      const bytes = randomBytes(randomInt(sizeMax))
      try {
        const assetId = await upload(url, who, bytes, () => (pieces += 1))
        const sha256 = createHash('sha256').update(bytes).digest('hex')
        done.push({ ...who, assetId, sha256, sizeBytes: bytes.length })
      } catch (error) {
        faults.push(`an upload of ${bytes.length} bytes: ${String(error)}`)
      }
    }
  }
  const people = Array.from({ length: width }, (_, index) => person(`${run}-${index}@example.com`))
  const ended = Promise.all(people)
  ended.catch(() => {}) // told by stop()
  return {
    done,
    faults,
    pieces: () => pieces,
    async reached(wanted, timeoutMs) {
      const attemptsMax = Math.ceil(timeoutMs / lookMs)
      await until(
        async () => pieces,
        (now) => now >= wanted,
        { attemptsMax, pauseMs: lookMs },
      )
      if (pieces < wanted) throw new Error(`${pieces} pieces in place of ${wanted}`)
    },
    async stop() {
      stopped.abort()
      await ended
    },
  }
}

interface Person {
  readonly accessToken: string
  readonly instanceId: string
}

async function signUp(url: string, email: string): Promise<Person> {
  const registered = await post(url, '/v1/auth/register', { email, password })
  const accessToken = registered?.body.accessToken
  if (accessToken === undefined) throw new Error(`${email} cannot sign up: ${registered?.status}`)
  const listed = await until(
    () => get(url, '/v1/instances', accessToken, registered?.consistency ?? null),
    (reply) => (reply?.body.items?.length ?? 0) > 0,
    readyLimits,
  )
  const [instance] = listed?.body.items ?? []
  if (!instance) throw new Error(`${email} has no instance`)
  await get(url, '/v1/assets', accessToken, listed?.consistency ?? null) // it has its storage then
  return { accessToken, instanceId: instance.id }
}

/** Resolves with the id of the asset. */
async function upload(
  url: string,
  { accessToken, instanceId }: Person,
  bytes: Buffer,
  onPiece: () => void,
): Promise<string> {
  const finished = Promise.withResolvers<void>()
  const sending = new Upload(bytes, {
    endpoint: `${url}/v1/assets/uploads`,
    headers: { authorization: `Bearer ${accessToken}` },
    metadata: { instanceId, filename: 'file.bin' },
    chunkSize: randomInt(pieceMin, pieceMax),
    retryDelays,
    onChunkComplete: onPiece,
    onSuccess: () => finished.resolve(),
    onError: (error) => finished.reject(error),
  })
  sending.start()
  await finished.promise
  return sending.url?.split('/').at(-1) ?? ''
}
