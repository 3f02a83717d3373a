import { Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { BlobStoreUnavailable } from '../port.ts'
import type { S3Connection } from './connection.ts'
import { isAbsent } from './failure.ts'

/** A request without a type for its body is refused by some servers when the body is empty. */
const metadata = { 'content-type': 'application/octet-stream' }

export async function putObject(connection: S3Connection, name: string, body: Buffer) {
  const { call, bucket, folder } = connection
  await call((client) =>
    client.putObject(bucket, folder + name, body, body.length, { ...metadata }),
  )
}

/** Undefined where it is not there. */
export async function getObject(connection: S3Connection, name: string) {
  const { call, bucket, folder, idleTimeoutMs } = connection
  try {
    return await call(async (client) => {
      const answer = (await client.getObject(bucket, folder + name)) as IncomingMessage
      return Buffer.concat(await Array.fromAsync(bodyOf(answer, idleTimeoutMs)))
    })
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** Undefined where it is not there. */
export async function sizeOfObject({ call, bucket, folder }: S3Connection, name: string) {
  try {
    return (await call((client) => client.statObject(bucket, folder + name))).size
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** Also where it is not there. */
export async function removeObject({ call, bucket, folder }: S3Connection, name: string) {
  await call((client) => client.removeObject(bucket, folder + name))
}

export interface ListedObject {
  readonly name: string
  readonly sizeBytes: number
  readonly modifiedAt: Date
}

/** The objects whose names start so, those behind `after` alone, sorted by name. */
export async function* listObjects(
  { client, bucket, folder, call }: S3Connection,
  prefix: string,
  after = '',
): AsyncGenerator<ListedObject> {
  let behind = after
  let isEnd = false
  while (!isEnd) {
    const page = await call(async () => {
      const objects: ListedObject[] = []
      for await (const item of client.listObjectsV2(
        bucket,
        folder + prefix,
        true,
        behind && folder + behind,
      )) {
        const { name, size, lastModified } = item as Partial<ObjectItem>
        if (name === undefined) continue
        objects.push({
          name: name.slice(folder.length),
          sizeBytes: size ?? 0,
          modifiedAt: lastModified ?? new Date(0),
        })
        if (objects.length === pageObjectsMax) break
      }
      return objects
    })
    yield* page
    behind = page.at(-1)?.name ?? behind
    isEnd = page.length < pageObjectsMax
  }
}

/** As many as a server gives at once: a page that fails is asked for again as a whole. */
const pageObjectsMax = 1_000

interface ObjectItem {
  readonly name: string
  readonly size: number
  readonly lastModified: Date
}

/** The chunks of an answer. Throws BlobStoreUnavailable where it stops or ends early. */
export async function* bodyOf(
  answer: IncomingMessage,
  idleTimeoutMs: number,
): AsyncGenerator<Buffer> {
  // Counts only while somebody waits for a chunk: a slow reader is not a silent server.
  let timer: NodeJS.Timeout | undefined
  const watch = () => {
    timer = setTimeout(() => {
      answer.destroy(new BlobStoreUnavailable('The S3 server stopped in the middle'))
    }, idleTimeoutMs)
  }
  try {
    watch()
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      clearTimeout(timer)
      yield chunk
      watch()
    }
  } catch (error) {
    if (error instanceof BlobStoreUnavailable) throw error
    throw new BlobStoreUnavailable('The S3 server ended in the middle', { cause: error })
  } finally {
    clearTimeout(timer)
    answer.destroy()
  }
}

/** A stream of an answer; ends the answer when it is destroyed. */
export function streamOf(
  answer: IncomingMessage,
  idleTimeoutMs: number,
  signal: AbortSignal | undefined,
): Readable {
  const stream = Readable.from(bodyOf(answer, idleTimeoutMs), {
    objectMode: false,
    ...(signal ? { signal } : {}),
  })
  stream.once('close', () => answer.destroy())
  return stream
}
