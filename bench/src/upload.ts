import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'

const chunkBytes = 64 * 1024
const boundary = 'bench-boundary-0f3a'

export interface FormUpload {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly fields?: Readonly<Record<string, string>>
  readonly sizeBytes: number
  /** The same bytes as others of this kind, and not different from every other. */
  readonly isSame?: boolean
}

/**
 * Sends one file of a form, different from every other by its first bytes, without holding it in
 * memory. Resolves with the answer's JSON, and the header by which a read sees what was written;
 * throws where it is no success.
 */
export async function uploadForm(upload: FormUpload) {
  const { url, headers, fields = {}, sizeBytes, isSame = false } = upload
  const before = Object.entries(fields).map(
    ([name, value]) =>
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const head = Buffer.from(
    `${before.join('')}--${boundary}\r\n` +
      'content-disposition: form-data; name="file"; filename="a.bin"\r\n' +
      'content-type: application/octet-stream\r\n\r\n',
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  const sent = request(url, {
    method: 'POST',
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.length + sizeBytes + tail.length,
      ...headers,
    },
  })
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  answered.catch(() => {}) // awaited below
  const firstBytes = Math.min(chunkBytes, sizeBytes)
  const first = isSame ? filler.subarray(0, firstBytes) : randomBytes(firstBytes)
  sent.write(head)
  for (let at = 0; at < sizeBytes; at += chunkBytes) {
    const chunk = at === 0 ? first : filler.subarray(0, Math.min(chunkBytes, sizeBytes - at))
    if (!sent.write(chunk)) await once(sent, 'drain')
  }
  sent.end(tail)
  const [answer] = await answered
  const text = Buffer.concat((await answer.toArray()) as Buffer[]).toString()
  if ((answer.statusCode ?? 500) >= 300) throw new Error(`${url}: ${answer.statusCode} ${text}`)
  const token = answer.headers['consistency-token']
  return {
    body: JSON.parse(text) as unknown,
    seen: token ? { 'consistency-token': String(token) } : {},
  }
}

const filler = randomBytes(chunkBytes)

/** Reads an answer to its end and resolves with how many bytes it had. */
export async function download(url: string, headers: Readonly<Record<string, string>> = {}) {
  const [answer] = (await once(request(url, { headers }).end(), 'response')) as [IncomingMessage]
  if ((answer.statusCode ?? 500) >= 300) throw new Error(`${url}: ${answer.statusCode}`)
  return await countBytes(answer)
}

async function countBytes(stream: Readable) {
  let bytes = 0
  for await (const chunk of stream) bytes += (chunk as Buffer).length
  return bytes
}
