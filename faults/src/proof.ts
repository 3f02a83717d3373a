import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { contexts } from '@atrium/contracts/context.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import type { RecordedEvent } from '@atrium/platform/event-store/port.ts'
import { get, post, type SignUp } from './load.ts'
import { root, type Platform } from './platform.ts'
import { until } from './until.ts'

/** What holds after a run; every fault is told, not only the first. */
export interface Proof {
  readonly faults: readonly string[]
  readonly users: number
  readonly events: number
}

const password = 'a long enough passphrase'
/** An address whose registration was killed half way is free again after ten seconds. */
const takeOverLimits = { attemptsMax: 80, pauseMs: 250 }

/**
 * Proves, from outside and from the logs: no user without an instance, no event twice, none
 * missing, nothing left over, streams and read models equal to the log.
 */
export async function prove(platform: Platform, signUps: readonly SignUp[]): Promise<Proof> {
  const faults: string[] = []
  for (const signUp of signUps) faults.push(...(await provePerson(platform, signUp)))
  const logs = await readLogs(platform)
  faults.push(...proveLogs(logs))
  faults.push(...(await proveDerived(platform)))
  return {
    faults,
    users: logs.auth.filter(({ type }) => type === 'UserRegistered').length,
    events: contexts.reduce((sum, context) => sum + logs[context].length, 0),
  }
}

/**
 * Who got through can sign in and has one workspace; the address of one who did not is not lost.
 */
async function provePerson({ url }: Platform, { email, outcome }: SignUp): Promise<string[]> {
  const got = await until(
    async () => {
      const signedIn = await post(url, '/v1/auth/login', { identifier: email, password })
      if (signedIn?.status === 200 || outcome !== 'gave-up') return signedIn
      return post(url, '/v1/auth/register', { email, password })
    },
    (reply) => reply?.status === 200 || reply?.status === 201,
    takeOverLimits,
  )
  const token = got?.body.accessToken
  if (token === undefined) return [`${email} (${outcome}) cannot sign in: ${got?.status}`]
  const listed = await until(
    () => get(url, '/v1/instances', token, got?.consistency ?? null),
    (reply) => (reply?.body.items?.length ?? 0) > 0,
    takeOverLimits,
  )
  const [instance, ...more] = listed?.body.items ?? []
  if (!instance) return [`${email} has no instance`]
  const isRight = instance.name === 'Personal Workspace' && instance.isDefault && more.length === 0
  return isRight ? [] : [`${email} has ${JSON.stringify(listed?.body.items)}`]
}

type Logs = Record<(typeof contexts)[number], RecordedEvent[]>

async function readLogs(platform: Platform): Promise<Logs> {
  const running = await platform.runFile()
  const logs: Logs = { auth: [], instances: [], assets: [], pdf: [] }
  for (const context of contexts) {
    const store = await openEventStore({
      context,
      databaseUrl: running.contexts[context]?.databaseUrl ?? '',
      eventStoreDbUrl: running.eventStoreDbUrl,
    })
    try {
      const filter = { streamPrefixes: [`${context}.`] }
      for await (const batch of store.readAll({ filter })) logs[context].push(...batch)
    } finally {
      await store.close()
    }
  }
  return logs
}

function proveLogs(logs: Logs): string[] {
  const faults: string[] = []
  const ids = new Set<string>()
  for (const event of Object.values(logs).flat()) {
    if (ids.has(event.id)) faults.push(`event ${event.id} is twice: ${event.stream}`)
    ids.add(event.id)
  }
  const registered = peopleOf(logs.auth, 'UserRegistered', 'userId')
  const provided = peopleOf(logs.instances, 'InstanceCreated', 'ownerId')
  for (const [userId, times] of registered) {
    if (times !== 1) faults.push(`${userId} is registered ${times} times`)
    if (provided.get(userId) !== 1) {
      faults.push(`${userId} has ${provided.get(userId) ?? 0} workspaces in the log`)
    }
  }
  for (const userId of provided.keys()) {
    if (!registered.has(userId)) faults.push(`${userId} has a workspace and is not registered`)
  }
  return faults
}

/** How often each person is named by events of a type. */
function peopleOf(events: readonly RecordedEvent[], type: string, field: string) {
  const people = new Map<string, number>()
  for (const event of events) {
    if (event.type !== type) continue
    const id = (event.data as Record<string, string>)[field] ?? ''
    people.set(id, (people.get(id) ?? 0) + 1)
  }
  return people
}

/** `atrium verify`: JetStream and the read models against the logs. */
export async function proveDerived({ dataFolder }: Platform): Promise<string[]> {
  const env = { ...process.env, ATRIUM_DATA: dataFolder }
  const command = ['cli/src/main.ts', 'verify', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, env }).catch(
    (error: unknown) => error as { stdout: string },
  )
  const findings = JSON.parse(stdout) as { check: string; ok: boolean; detail: string }[]
  if (findings.length === 0) return ['atrium verify checked nothing']
  return findings.filter(({ ok }) => !ok).map(({ check, detail }) => `${check}: ${detail}`)
}
