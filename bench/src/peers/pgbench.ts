import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LeftOut } from '../bench.ts'
import { sampleEvent } from '../event.ts'

const run = promisify(execFile)

/**
 * Transactions a second of PostgreSQL's own load generator, each one prepared INSERT of a sample
 * event into a new stream of the plain table. Debian has it in postgresql-contrib.
 */
export async function pgbenchInserts(url: string, clients: number, seconds: number) {
  const { type, data, metadata } = sampleEvent()
  const insert = `insert into events (stream, revision, id, type, data, metadata) values
    ('bench.thing-default:' || gen_random_uuid(), 0, gen_random_uuid(), '${type}',
     '${JSON.stringify(data)}', '${JSON.stringify(metadata)}');`
  const folder = await mkdtemp(join(tmpdir(), 'atrium-pgbench-'))
  try {
    const script = join(folder, 'insert.sql')
    await writeFile(script, insert.replaceAll('\n', ' '))
    const threads = Math.min(clients, availableParallelism())
    const options = ['-n', '-M', 'prepared', '-c', clients, '-j', threads, '-T', seconds]
    const { stdout } = await run('pgbench', [...options.map(String), '-f', script, url])
    return Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1])
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw new LeftOut('pgbench is not installed', { cause })
    }
    throw cause
  } finally {
    await rm(folder, { recursive: true })
  }
}
