import { createPostgresEventStore } from '@atrium/platform/event-store/postgres/store.ts'
import { migrateEventStore } from '@atrium/platform/event-store/postgres/migrate.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { createAggregate } from '@atrium/platform/decider/aggregate.ts'
import { newCommandId, newId } from '@atrium/platform/identifier.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { claim, claimLeftAloneMs } from '../src/claim.ts'
import { claimValue, findUser, type ClaimingDeps } from '../src/claiming.ts'
import { emailFrom, usernameFrom } from '../src/identifiers.ts'
import { changeProfile } from '../src/profile.ts'
import { registerUser, writeUser } from '../src/registration.ts'
import { user } from '../src/user.ts'

let database: TestDatabase
let store: EventStore
/** Two replicas: each has states and queues of its own. */
let one: ClaimingDeps
let two: ClaimingDeps

beforeAll(async () => {
  database = await createTestDatabase()
  await migrateEventStore(database.ownerUrl)
  store = createPostgresEventStore({ connectionString: database.ownerUrl })
})
afterAll(async () => {
  await store.close()
  await database.drop()
})
beforeEach(() => {
  const replica = (): ClaimingDeps => ({
    users: createAggregate({ store, context: 'auth', name: 'user', decider: user }),
    claims: createAggregate({ store, context: 'auth', name: 'claim', decider: claim }),
    claimKey: Buffer.alloc(32, 7),
  })
  one = replica()
  two = replica()
})

const start = Date.parse('2026-01-01T00:00:00.000Z')
const after = (ms: number) => new Date(start + ms).toISOString()
const cause = () => {
  const commandId = newCommandId()
  return { tenant: 'default', actor: {}, correlationId: commandId, commandId }
}
const registration = (email: string, at = after(0)) => ({
  userId: newId('usr'),
  email,
  passwordHash: 'hash',
  at,
})
const uniqueEmail = () => `${newId('p')}@example.com`

/** What a process leaves behind that was killed between the claim and the account. */
async function claimAndDie(email: string) {
  const stalled = registration(email)
  await claimValue(one, emailFrom(email), stalled.userId, stalled.at, cause())
  return stalled
}

describe('a registration that died after its claim', () => {
  it('keeps the address for a while', async () => {
    const email = uniqueEmail()
    await claimAndDie(email)
    const early = registerUser(two, registration(email, after(claimLeftAloneMs - 1)), cause())
    await expect(early).rejects.toThrow('email-taken')
  })

  it('gives it up after ten seconds, and can never come back', async () => {
    const email = uniqueEmail()
    const stalled = await claimAndDie(email)
    const next = registration(email, after(claimLeftAloneMs))
    await registerUser(two, next, cause())
    await expect(writeUser(one, stalled, cause())).rejects.toThrow('email-taken')
    const found = await findUser(one, 'default', emailFrom(email))
    expect(found?.user.id).toBe(next.userId)
    expect((await one.users.load('default', stalled.userId)).state.status).toBe('abandoned')
  })

  it('goes to one of many who want it then', async () => {
    const email = uniqueEmail()
    await claimAndDie(email)
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        registerUser(
          index % 2 === 0 ? one : two,
          registration(email, after(claimLeftAloneMs)),
          cause(),
        ),
      ),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of tries) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'email-taken' })
    }
  })

  it('loses nothing when it was only slow, and finishes before it is closed', async () => {
    const email = uniqueEmail()
    const slow = await claimAndDie(email)
    await writeUser(one, slow, cause())
    const late = registerUser(two, registration(email, after(claimLeftAloneMs)), cause())
    await expect(late).rejects.toThrow('email-taken')
    expect((await findUser(two, 'default', emailFrom(email)))?.user.id).toBe(slow.userId)
  })

  it('is taken over once more when the one who took it over died too', async () => {
    const email = uniqueEmail()
    await claimAndDie(email)
    const second = registration(email, after(claimLeftAloneMs))
    await claimValue(two, emailFrom(email), second.userId, second.at, cause())
    const third = registration(email, after(2 * claimLeftAloneMs))
    await registerUser(one, third, cause())
    expect((await findUser(one, 'default', emailFrom(email)))?.user.id).toBe(third.userId)
  })
})

describe('a change of user name that died after its claim', () => {
  it('gives the name up, and is void when it comes back', async () => {
    const [ada, grace] = [registration(uniqueEmail()), registration(uniqueEmail())]
    await registerUser(one, ada, cause())
    await registerUser(one, grace, cause())
    const wanted = newId('name')
    const { version } = await one.users.load('default', ada.userId)
    await claimValue(one, usernameFrom(wanted), ada.userId, after(0), cause())

    const change = { userId: grace.userId, username: wanted, at: after(claimLeftAloneMs) }
    await changeProfile(two, change, cause(), undefined)
    const late = one.users.handle(
      ada.userId,
      { type: 'ChangeProfile', userId: ada.userId, username: wanted, at: after(0) },
      cause(),
      { expectedVersion: version },
    )
    await expect(late).rejects.toThrow('version-conflict')
    const found = await findUser(one, 'default', usernameFrom(wanted))
    expect(found?.user.id).toBe(grace.userId)
  })
})
