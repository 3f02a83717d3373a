import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { createCollector } from './collector.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    readonly atrium: {
      readonly url: string
      readonly dataFolder: string
      readonly starterPid: number
      /** Of the collector: `GET` answers the spans that it has got, as JSON. */
      readonly spansUrl: string
    }
  }
}

const startTimeoutMs = 170_000
const stopTimeoutMs = 30_000

/** Starts the whole platform as `npm start` does, on a free port with data of its own. */
export default async function start(project: TestProject) {
  const dataFolder = await mkdtemp(path.join(tmpdir(), 'atrium-acceptance-'))
  const port = await freePort()
  const collector = await createCollector()
  const starter = spawn(process.execPath, ['local/start.ts'], {
    cwd: path.join(import.meta.dirname, '..'),
    env: {
      ...process.env,
      ATRIUM_DATA: dataFolder,
      ATRIUM_PORT: String(port),
      RATE_LIMIT_SCALE: '1000',
      ATRIUM_ADMIN_EMAIL: 'root@example.com',
      ATRIUM_ADMIN_PASSWORD: 'correct horse battery',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'], // it ends with this run, however that ends
  })
  await untilReady(starter.stdout, `Atrium is ready: http://localhost:${port}`)
  const starterPid = starter.pid ?? 0
  const spansUrl = `${collector.url}/spans`
  const url = `http://127.0.0.1:${port}`
  project.provide('atrium', { url, dataFolder, starterPid, spansUrl })

  return async () => {
    const ended = new Promise((resolve) => starter.once('exit', resolve))
    starter.kill('SIGTERM')
    const limit = setTimeout(() => starter.kill('SIGKILL'), stopTimeoutMs)
    await ended
    clearTimeout(limit)
    collector.close()
    await rm(dataFolder, { recursive: true, force: true })
  }
}

async function untilReady(output: NodeJS.ReadableStream | null, line: string) {
  if (!output) throw new Error('the start has no output')
  let printed = ''
  const limit = AbortSignal.timeout(startTimeoutMs)
  await new Promise<void>((resolve, reject) => {
    output.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      if (printed.includes(line)) resolve()
    })
    output.on('end', () => reject(new Error(`the start ended early:\n${printed}`)))
    limit.addEventListener('abort', () => reject(new Error(`not ready in time:\n${printed}`)))
  })
  output.resume()
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

/** A file that the platform left in its data folder, such as a mail. */
export const readData = (dataFolder: string, name: string) =>
  readFile(path.join(dataFolder, name), 'utf8')
