import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type NatsRelease, findNatsServer, fromRelease, ownCopy } from './install-nats.ts'

const target = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
const name = `nats-server-v9.9.9-${target}`
const program = '#!/bin/sh\necho "nats-server: v9.9.9"\n'

let folder: string
let release: NatsRelease
let host: Server
let asked = 0

beforeAll(async () => {
  const archive = await packRelease()
  host = createServer((request, response) => {
    asked++
    if (request.url === `/${name}.tar.gz`) response.end(archive)
    else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await new Promise((listening) => host.once('listening', listening))
  const { port } = host.address() as AddressInfo
  release = {
    version: '9.9.9',
    baseUrl: `http://127.0.0.1:${port}`,
    sha256: { [target]: createHash('sha256').update(archive).digest('hex') },
  }
})

afterAll(() => host.close())

beforeEach(async () => {
  asked = 0
  folder = await mkdtemp(join(tmpdir(), 'atrium-nats-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

async function packRelease() {
  const scratch = await mkdtemp(join(tmpdir(), 'atrium-release-'))
  await mkdir(join(scratch, name))
  await writeFile(join(scratch, name, 'nats-server'), program)
  execFileSync('tar', ['-czf', 'archive.tar.gz', name], { cwd: scratch })
  const archive = await readFile(join(scratch, 'archive.tar.gz'))
  await rm(scratch, { recursive: true })
  return archive
}

describe('a nats-server from the official release', () => {
  it('is unpacked into the folder, and not fetched again', async () => {
    const sources = [ownCopy, fromRelease(release)]
    expect(await findNatsServer(folder, sources)).toBe(join(folder, 'nats-server'))
    expect(await findNatsServer(folder, sources)).toBe(join(folder, 'nats-server'))
    expect(await readFile(join(folder, 'nats-server'), 'utf8')).toBe(program)
    expect(await readdir(folder)).toEqual(['nats-server'])
    expect(asked).toBe(1)
  })

  it('is refused when it is not the one that was pinned', async () => {
    const forged = { ...release, sha256: { [target]: '0'.repeat(64) } }
    await expect(findNatsServer(folder, [fromRelease(forged)])).rejects.toThrow(
      `${name}.tar.gz is not the file that was pinned`,
    )
    expect(await readdir(folder)).toEqual([])
  })

  it('is asked for only where one is pinned for this system', async () => {
    const elsewhere = { ...release, sha256: { 'plan9-mips': '0'.repeat(64) } }
    await expect(findNatsServer(folder, [fromRelease(elsewhere)])).rejects.toThrow('NATS_URL')
    expect(asked).toBe(0)
  })
})

describe('without any nats-server', () => {
  it('one sentence says what was tried and what to do', async () => {
    const gone = { ...release, version: '9.9.8' }
    await expect(findNatsServer(folder, [ownCopy, fromRelease(gone)])).rejects.toThrow(
      /^There is no nats-server .+ answered 404\): install nats-server .+ in NATS_URL\.$/,
    )
  })

  it('an own copy that does not run is replaced', async () => {
    await writeFile(join(folder, 'nats-server'), 'half a download')
    await chmod(join(folder, 'nats-server'), 0o755)
    await findNatsServer(folder, [ownCopy, fromRelease(release)])
    expect(await readFile(join(folder, 'nats-server'), 'utf8')).toBe(program)
  })
})
