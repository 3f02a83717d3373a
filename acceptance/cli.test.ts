import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, inject, it } from 'vitest'
import { register } from './client.ts'
import { createLibrary } from './library.ts'

const root = path.join(import.meta.dirname, '..')
const waitLimit = { timeout: 60_000, interval: 200 }

interface Ended {
  readonly status: number
  readonly out: string
  readonly err: string
}

/** `npm run atrium -- …` on the platform of this run, or on another data folder. */
function atrium(words: string, dataFolder = inject('atrium').dataFolder): Promise<Ended> {
  const environment = { ...process.env, ATRIUM_DATA: dataFolder }
  const command = ['cli/src/main.ts', ...words.split(' ')]
  return new Promise((resolve) => {
    const options = { cwd: root, env: environment }
    execFile(process.execPath, command, options, (error, out, err) => {
      resolve({ status: error ? Number(error.code) : 0, out, err })
    })
  })
}

async function list(words: string) {
  const { status, out, err } = await atrium(`${words} --json`)
  expect({ status, err }).toEqual({ status: 0, err: '' })
  return JSON.parse(out) as Record<string, unknown>[]
}

/** Publishes what no event of ours is, as anyone inside the network could. */
async function publishForeign(subject: string, text: string) {
  const runFile = await readFile(path.join(inject('atrium').dataFolder, 'run.json'), 'utf8')
  const { natsUrl } = JSON.parse(runFile) as { natsUrl: string }
  const { hostname, port, username: user, password: pass } = new URL(natsUrl)
  const socket = connect(Number(port), hostname)
  const credentials = JSON.stringify({ verbose: false, user, pass })
  socket.write(`CONNECT ${credentials}\r\nPUB ${subject} ${text.length}\r\n${text}\r\nPING\r\n`)
  for await (const chunk of socket) if (String(chunk).includes('PONG')) break
}

// Each command is a process of its own, which starts slowly on a busy machine.
describe('atrium', { timeout: 180_000 }, () => {
  it('tails each event as it happens, with its cause', async () => {
    const { dataFolder } = inject('atrium')
    const tail = spawn(process.execPath, ['cli/src/main.ts', 'events', 'tail', '--from-start'], {
      cwd: root,
      env: { ...process.env, ATRIUM_DATA: dataFolder },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => tail.once('exit', resolve))
    const person = await register()
    const { id } = person.tokens.user
    for await (const line of createInterface(tail.stdout)) {
      // What follows from the creation names it too, as its cause.
      if (!/ instances#\d+ +InstanceCreated /.test(line) || !line.includes(id)) continue
      expect(line).toMatch(/because of UserRegistered auth#\d+/)
      expect(line).not.toContain('Personal Workspace')
      break
    }
    tail.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  it('proves that the blob store has what the log says', async () => {
    const { uploadOne } = await createLibrary()
    await uploadOne({ bytes: 'proven' })
    const { status, out, err } = await atrium('assets verify --repair')
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out).toMatch(/^0 orphans, 0 missing.*\d+ blobs, \d+ assets, at position \d+/)
    const { status: again, out: json } = await atrium('assets verify --json')
    expect(again).toBe(0)
    expect(JSON.parse(json)).toMatchObject({ orphans: 0, missing: 0, differences: 0 })
    const [proof] = await list('events read --context assets --type ProofCompleted --limit 1')
    expect(proof).toMatchObject({ type: 'ProofCompleted' })
  })

  it('reads and counts events of a context, tenant, stream and type', async () => {
    const person = await register()
    const stream = `auth.user-default:${person.tokens.user.id}`
    const events = await list(`events read --stream ${stream}`)
    expect(events[0]).toMatchObject({ stream, revision: 0, type: 'UserRegistered' })
    expect(events[0]).not.toHaveProperty('data')
    const [withData] = await list(`events read --stream ${stream} --data --limit 1`)
    expect(withData).toMatchObject({ data: { email: person.email } })
    const counted = await list(`events count --stream ${stream} --type UserRegistered`)
    expect(counted).toEqual([{ context: 'auth', type: 'UserRegistered', events: 1 }])
    expect(await list('events count --tenant nobody')).toEqual([])
  })

  it('lists tenants with their users', async () => {
    await register()
    const tenants = await list('tenants')
    expect(tenants.find(({ id }) => id === 'default')?.['users']).toBeGreaterThan(0)
  })

  it('lists projections with numbers for numbers, and rebuilds one', async () => {
    const instances = async () =>
      (await list('projections list')).filter(({ name }) => name === 'instance-list')
    const live = async () => (await instances()).find(({ status }) => status === 'live')
    const before = await live()
    expect(before).toMatchObject({
      version: expect.any(Number) as number,
      position: expect.any(Number) as number,
      parked: 0,
    })
    expect((await atrium('projections rebuild instance-list')).status).toBe(0)
    await expect
      .poll(async () => (await live())?.['generation'], waitLimit)
      .toBe(Number(before?.['generation']) + 1)
  })

  it('finds nothing wrong in a platform that is well', async () => {
    const findings = await list('doctor')
    expect(findings.length).toBeGreaterThan(8)
    expect(findings.filter(({ ok }) => !ok)).toEqual([])
  })

  it('lists mails', async () => {
    expect(Array.isArray(await list('mail'))).toBe(true)
  })

  it('shows what is parked, tries it again, and drops it', async () => {
    await publishForeign('atrium.auth.default.UserRegistered', '{"not":"ours"}')
    const parked = async () => list('parked list')
    await expect.poll(async () => (await parked()).length, waitLimit).toBe(1)
    const [found] = await parked()
    const id = String(found?.['id'])
    expect(found).toMatchObject({ kind: 'reaction', tenant: 'default', attempts: 1, waiting: 0 })
    expect((await atrium('parked list')).out).toContain(id)

    const shown = await atrium(`parked show ${id}`)
    const subject = 'atrium.auth.default.UserRegistered'
    expect(JSON.parse(shown.out)).toMatchObject({ event: { poison: { subject } } })
    const doctor = await atrium('doctor')
    expect(doctor.status).toBe(1)
    expect(doctor.out).toMatch(/WRONG +instances reactions +1 events are parked/)

    expect(await atrium(`parked retry ${id}`)).toMatchObject({ status: 0, err: '' })
    await expect.poll(async () => (await parked()).length, waitLimit).toBe(1) // it fails again
    expect(await atrium(`parked drop ${id}`)).toMatchObject({ status: 0, err: '' })
    expect(await parked()).toEqual([])
    const again = await atrium(`parked drop ${id}`)
    expect(again).toMatchObject({
      status: 1,
      err: `atrium: nothing is parked as ${id}; see: atrium parked list\n`,
    })
  })

  it.each([
    ['nonsense', "unknown command 'nonsense'"],
    ['events read --limit x', "argument 'x' is invalid"],
    ['events read --context moon', 'Allowed choices are auth, instances'],
    ['parked show', "missing required argument 'id'"],
    ['parked show a/b/c', 'nothing is parked as a/b/c'],
    ['projections rebuild nothing', 'there is no projection nothing'],
    ['mail none.eml', 'there is no mail none.eml'],
  ])('says in a sentence what is wrong with: %s', async (words, sentence) => {
    const { status, out, err } = await atrium(words)
    expect({ status, out }).toEqual({ status: 1, out: '' })
    expect(err).toContain(sentence)
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(3)
  })

  it('says where it looked when nothing runs there', async () => {
    const { status, err } = await atrium('tenants', '/nowhere')
    expect(status).toBe(1)
    expect(err).toBe('atrium: nothing runs on /nowhere: npm start first, or set ATRIUM_DATA\n')
  })
})
