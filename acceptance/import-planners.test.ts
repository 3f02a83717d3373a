import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Project, ProjectSummary } from '@atrium/contracts/instances/project.ts'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import {
  platformAdministrator,
  call,
  createPerson,
  createTenant,
  password,
  until,
  type Person,
} from './client.ts'

// The data folder of the old platform, brought over by `atrium import planners`.

const root = path.join(import.meta.dirname, '..')

/** Of `password`, as the old platform kept it. */
const passwordHash = '$2b$04$SHRkb/H9MWwXE/Ws8Wbefe0ZD5BskCHNMyJAs0jJj01GNZL/h8xny'
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII='
const activeSvg = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
).toString('base64')

let folder: string
let tenant: string
const name = randomBytes(4).toString('hex')
const [ann, ben, cat, dan] = ['ann', 'ben', 'cat', 'dan'].map((each) => `${each}-${name}`) as [
  string,
  string,
  string,
  string,
]

beforeAll(async () => {
  tenant = await createTenant()
  folder = await mkdtemp(path.join(tmpdir(), 'atrium-old-platform-'))
  const user = (username: string, members: object = {}) => ({
    id: username,
    username,
    email: `${username}@example.com`,
    password_hash: passwordHash,
    created_at: '2025-10-01T08:00:00',
    is_active: true,
    ...members,
  })
  const users = {
    [ann]: user(ann),
    [ben]: user(ben),
    [cat]: user(cat, { is_active: false }),
    [dan]: user(dan, { email: `${ann}@EXAMPLE.com` }),
  }
  await write('users/users.json', users)
  await write(
    `users/${ann}/projects/one/project.json`,
    project('one', 'Year', ann, [
      image('photo', `data:image/png;base64,${png}`),
      image('again', `data:image/png;base64,${png}`),
      image('evil', `data:image/svg+xml;base64,${activeSvg}`),
    ]),
  )
  await write(`users/${ann}/projects/two/project.json`, project('two', 'Plain', ann, []))
  await write(
    `users/${ann}/projects/bad/project.json`,
    project('bad', 'Broken', ann, [{ ...image('x', ''), type: 'circle' }]),
  )
  const strange = project('nul', 'Strange', ann, [])
  await write(`users/${ann}/projects/nul/project.json`, { ...strange, note: 'a\u0000' })
  // One that leads out of the folder is not followed, whatever it leads to.
  await mkdir(path.join(folder, `users/${ann}/projects/link`))
  await symlink(
    path.join(folder, `users/${ann}/projects/two/project.json`),
    path.join(folder, `users/${ann}/projects/link/project.json`),
  )
  await write('projects/old.json', project('old', 'Oldest', ben, []))
  await write('projects/lost.json', project('lost', 'Lost', 'nobody', []))
  await write('public-projects/one/project.json', project('one', 'Year', ann, []))
})
afterAll(() => rm(folder, { recursive: true }))

async function write(file: string, content: object) {
  const place = path.join(folder, file)
  await mkdir(path.dirname(place), { recursive: true })
  await writeFile(place, JSON.stringify(content))
}

const image = (id: string, image_data: string) => ({
  id,
  type: 'image',
  position: { x: 40, y: 40, width: 40, height: 40 },
  background_color: null,
  z_order: null,
  styling: null,
  properties: { image_data, image_fit: 'fit' },
})

const project = (id: string, title: string, author: string, widgets: object[]) => ({
  id,
  metadata: { name: title, author, device_profile: 'remarkable-2', is_public: id === 'one' },
  masters: [{ name: 'day', widgets }],
  plan: {
    sections: [
      {
        kind: 'd',
        master: 'day',
        generate: 'each_day',
        start_date: '2026-01-01',
        end_date: '2026-01-03',
      },
    ],
    order: ['d'],
  },
})

interface Row {
  readonly kind: string
  readonly oldId: string
  readonly outcome: string
  readonly id: string | null
  readonly notes: readonly string[]
}

interface Ended {
  readonly status: number
  readonly out: string
  readonly err: string
}

const environment = () => ({
  ...process.env,
  ATRIUM_DATA: inject('atrium').dataFolder,
  ATRIUM_ADMIN_EMAIL: platformAdministrator.email,
  ATRIUM_ADMIN_PASSWORD: platformAdministrator.password,
})
const command = (into: string, words: readonly string[] = []) => [
  'cli/src/main.ts',
  'import',
  'planners',
  folder,
  '--tenant',
  into,
  '--json',
  ...words,
]

async function importPlanners(words: readonly string[] = [], into = tenant) {
  const { status, out, err } = await new Promise<Ended>((resolve) => {
    const options = { cwd: root, env: environment() }
    execFile(process.execPath, command(into, words), options, (error, said, complaint) => {
      resolve({ status: error ? Number(error.code) : 0, out: said, err: complaint })
    })
  })
  if (out === '') throw new Error(err)
  return { status, rows: JSON.parse(out) as Row[] }
}

const linesNoted = async (into: string) =>
  (await readFile(ledgerFile(into), 'utf8').catch(() => '')).split('\n').filter(Boolean).length

/** Begins, and is killed as soon as so many lines are noted; or ends before. */
async function killedImport(into: string, lines: number) {
  const started = spawn(process.execPath, command(into), {
    cwd: root,
    env: environment(),
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => started.once('exit', resolve))
  await until(
    async () => started.exitCode !== null || (await linesNoted(into)) >= lines,
    (isTime) => isTime,
    30_000,
  )
  started.kill('SIGKILL')
  await ended
}

const outcomesOf = (rows: readonly Row[]) =>
  Object.fromEntries(rows.map(({ kind, oldId, outcome }) => [`${kind} ${oldId}`, outcome]))

async function signIn(username: string, into = tenant): Promise<Person> {
  const reply = await call('POST', '/v1/auth/login', {
    body: { identifier: username, password },
    headers: { 'x-tenant': into },
  })
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`)
  return createPerson(into, reply)
}

const ledgerFile = (into = tenant) => path.join(folder, `atrium-import-${into}.jsonl`)
const wanted = (outcome: string) => ({
  [`user ${ann}`]: outcome,
  [`user ${ben}`]: outcome,
  [`user ${cat}`]: 'left out',
  [`project ${ann}/one`]: outcome,
  [`project ${ann}/two`]: outcome,
  [`user ${dan}`]: 'refused',
  [`project ${ann}/bad`]: 'refused',
  [`project ${ann}/link`]: 'refused',
  [`project ${ann}/nul`]: 'refused',
  'project old': outcome,
  'project lost': 'refused',
})

describe('the planners of the old platform', { timeout: 180_000 }, () => {
  it('are told what would become of them, and nothing is written', async () => {
    const { status, rows } = await importPlanners(['--dry-run'])
    expect(outcomesOf(rows)).toEqual(wanted('would be imported'))
    expect(status).toBe(1)
    const bad = rows.find(({ oldId }) => oldId === `${ann}/bad`)
    expect(bad?.notes[0]).toMatch(/^\/masters\/0\/widgets\/0\/type must be one of/)
    await expect(readFile(ledgerFile())).rejects.toThrow('ENOENT')
    await expect(signIn(ann)).rejects.toThrow('401')
  })

  it('come over with their pictures as assets, and can be undone and done again', async () => {
    const { rows } = await importPlanners()
    expect(outcomesOf(rows)).toEqual(wanted('imported'))
    const year = rows.find(({ oldId }) => oldId === `${ann}/one`)
    expect(year?.notes).toContainEqual(expect.stringMatching(/picture of "evil" is left out/))

    const again = await importPlanners()
    expect(outcomesOf(again.rows)).toEqual(wanted('there already'))

    // As if it had been killed after the project was created, and before that was noted.
    const lines = (await readFile(ledgerFile(), 'utf8')).split('\n')
    const kept = lines.filter(
      (line) => !/project-(created|imported)/.test(line) || !line.includes(`${ann}/one`),
    )
    await writeFile(ledgerFile(), kept.join('\n'))
    const resumed = await importPlanners()
    expect(resumed.rows.find(({ oldId }) => oldId === `${ann}/one`)).toMatchObject({
      outcome: 'imported',
      id: year?.id,
    })

    const undone = await importPlanners(['--rollback'])
    expect(undone.rows.map(({ outcome }) => outcome)).toEqual(['removed', 'removed'])
    await expect(signIn(ann)).rejects.toThrow('401')

    const anew = await importPlanners()
    expect(outcomesOf(anew.rows)).toEqual(wanted('imported'))
  })

  it('are their owners’, who sign in with the password they had', async () => {
    const person = await signIn(ann)
    expect(person.tokens.user.createdAt).toBe('2025-10-01T08:00:00.000Z')
    const { body: instances } = await person.call('GET', '/v1/instances')
    expect(instances.items).toHaveLength(1)
    const projectsPath = `/v1/instances/${instances.items[0].id}/projects`
    const listed = (await person.call('GET', projectsPath)).body as { items: ProjectSummary[] }
    expect(listed.items.map((each) => each.name).toSorted()).toEqual(['Plain', 'Year'])
    const id = listed.items.find((each) => each.name === 'Year')?.id
    const year = (await person.call('GET', `${projectsPath}/${id}`)).body as Project
    const [assetId] = year.assetIds
    expect(year.content).toMatchObject({
      metadata: { deviceProfile: 'remarkable-2' },
      masters: [{ widgets: Array.from({ length: 3 }, () => ({ type: 'image' })) }],
    })
    expect(JSON.stringify(year.content).split(String(assetId))).toHaveLength(3)
    const asset = await person.call('GET', `/v1/assets/${assetId}/content`)
    expect(asset.bytes.toString('base64')).toBe(png)
    const { body: usage } = await until(
      () => person.call('GET', '/v1/assets/usage'),
      ({ body }) => body.files === 1,
    )
    expect(usage.files).toBe(1)
  })

  it('come over once, however often the import is killed', async () => {
    const into = await createTenant()
    for (const lines of [2, 4, 6, 7]) await killedImport(into, lines)
    expect(Object.keys(outcomesOf((await importPlanners([], into)).rows))).toHaveLength(11)
    const person = await signIn(ann, into)
    const { body: instances } = await person.call('GET', '/v1/instances')
    const projectsPath = `/v1/instances/${instances.items[0].id}/projects`
    const { items } = (await person.call('GET', projectsPath)).body as { items: ProjectSummary[] }
    expect(items.map((each) => each.name).toSorted()).toEqual(['Plain', 'Year'])
    const { body: assets } = await person.call('GET', '/v1/assets')
    expect(assets.items).toHaveLength(1)
    expect(items.flatMap(({ assetIds }) => assetIds)).toEqual([assets.items[0].id])
  })

  it('stay where somebody has signed in, and go where nobody has', async () => {
    const { rows } = await importPlanners(['--rollback'])
    expect(outcomesOf(rows)).toEqual({ [`user ${ann}`]: 'kept', [`user ${ben}`]: 'removed' })
    expect((await signIn(ann)).tokens.user.username).toBe(ann)
    await expect(signIn(ben)).rejects.toThrow('401')
  })

  it('cannot be taken over by anybody but a platform administrator', async () => {
    const person = await signIn(ann)
    const { id } = person.tokens.user
    const place = `/v1/tenants/${tenant}/imported-users/${id}`
    for (const [method, where] of [
      ['DELETE', place],
      ['POST', `${place}/token`],
    ] as const) {
      expect((await person.call(method, where)).status).toBe(403)
    }
  })
})
