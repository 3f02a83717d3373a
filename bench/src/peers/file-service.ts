import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import multipart from '@fastify/multipart'
import files from '@fastify/static'
import fastify from 'fastify'

// A minimal server of files, as a process: uploads by @fastify/multipart, hashed on their way to
// the disk, and downloads by @fastify/static. No token, no type, no quota. With `?sync` an upload
// is durable before it is answered, the file and its name. Arguments: its folder.

const folder = process.argv[2] ?? ''
await mkdir(folder, { recursive: true })
const app = fastify()
await app.register(multipart, { limits: { fileSize: 6 * 1024 ** 3 } })
await app.register(files, { root: folder, prefix: '/files/' })

let uploads = 0
app.get('/used', () => process.cpuUsage())
app.post<{ Querystring: { sync?: string } }>('/upload', async (request) => {
  const part = await request.file()
  if (!part) throw new Error('no file')
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  const name = `${(uploads += 1)}.bin`
  const flush = request.query.sync !== undefined
  await pipeline(part.file, hashing, createWriteStream(join(folder, name), { flush }))
  if (flush) {
    const listed = await open(folder, 'r')
    await listed.sync()
    await listed.close()
  }
  return { name, sha256: hash.digest('hex') }
})
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
