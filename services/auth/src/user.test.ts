import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { registered, user, type UserEvent } from './user.ts'

const given = createGiven(user)
const userId = `usr_${'1'.repeat(32)}`
const sessionId = `ses_${'2'.repeat(32)}`
const at = '2026-01-01T12:00:00.000Z'
const minutesLater = (minutes: number) => new Date(Date.parse(at) + minutes * 60_000).toISOString()

const register = {
  type: 'RegisterUser',
  userId,
  email: 'Ada@Example.com',
  username: 'Ada',
  name: 'Ada Lovelace',
  passwordHash: 'hash-1',
  at,
} as const
const account = given().when(register).events
const abandoned: UserEvent = { type: 'RegistrationAbandoned', data: { userId, abandonedAt: at } }
const types = (events: readonly UserEvent[]) => events.map(({ type }) => type)
const change = (members: object) => ({ type: 'ChangeProfile', userId, at, ...members }) as const

describe('registering', () => {
  it('writes the account and its password in one step', () => {
    expect(account).toEqual([
      {
        type: 'UserRegistered',
        data: {
          userId,
          email: 'Ada@Example.com',
          username: 'Ada',
          name: 'Ada Lovelace',
          registeredAt: at,
        },
      },
      {
        type: 'PasswordSet',
        data: { userId, passwordHash: 'hash-1', reason: 'registration', setAt: at },
      },
    ])
  })

  it('is refused after it was abandoned, and a second time', () => {
    expect(given(abandoned).when(register).rejection?.code).toBe('email-taken')
    expect(given(...account).when(register).rejection?.code).toBe('email-taken')
  })
})

describe('importing', () => {
  const imported = given().when({
    ...register,
    importedFrom: { registeredAt: minutesLater(-60) },
  }).events
  const remove = { type: 'RemoveImportedUser', userId, at } as const
  const signedIn: UserEvent = {
    type: 'PasswordSet',
    data: { userId, passwordHash: 'hash-2', reason: 'upgrade', setAt: at },
  }

  it('registers as of when the account began elsewhere, and says that it was imported', () => {
    expect(types(imported)).toEqual(['UserRegistered', 'PasswordSet', 'UserImported'])
    expect(imported).toMatchObject([
      { data: { registeredAt: minutesLater(-60) } },
      { data: { reason: 'import', setAt: at } },
      { data: { importedAt: at } },
    ])
  })

  it('is undone until somebody signs in, and nobody registers under that id again', () => {
    const removed = given(...imported).when(remove).events
    expect(removed).toEqual([{ type: 'UserRemoved', data: { userId, removedAt: at } }])
    expect(given(...imported, ...removed).when(register).rejection?.code).toBe('email-taken')
    expect(given(...imported, ...removed).when(remove).rejection?.code).toBe('not-found')
    expect(given(...imported, signedIn).when(remove).rejection?.code).toBe('import-closed')
  })

  it('is not undone where there was none', () => {
    expect(given(...account).when(remove).rejection?.code).toBe('import-closed')
    expect(given().when(remove).rejection?.code).toBe('not-found')
  })
})

describe('abandoning a claim', () => {
  const abandon = (kind: 'email' | 'username', value: string) =>
    ({ type: 'AbandonClaim', userId, kind, value, at }) as const

  it('closes a registration that never came, once', () => {
    expect(given().when(abandon('email', 'ada@example.com')).events).toEqual([abandoned])
    expect(given(abandoned).when(abandon('email', 'ada@example.com')).events).toEqual([])
  })

  it('does nothing to an account that holds the value, whatever its case', () => {
    expect(given(...account).when(abandon('email', 'ada@example.com')).events).toEqual([])
    expect(given(...account).when(abandon('username', 'ada')).events).toEqual([])
  })

  it('moves the version of an account that does not hold it', () => {
    const { events } = given(...account).when(abandon('username', 'grace'))
    expect(types(events)).toEqual(['UsernameClaimAbandoned'])
    const [before, after] = [given(...account).state, given(...account, ...events).state]
    expect(after).toEqual(before)
  })
})

describe('the profile', () => {
  it('changes what is given, takes away what is null, and leaves the rest', () => {
    const { events } = given(...account).when(change({ name: null, username: 'Grace' }))
    expect(types(events)).toEqual(['ProfileChanged', 'UsernameChanged'])
    const state = registered(given(...account, ...events).state)
    expect(state).toMatchObject({ name: null, username: 'Grace', email: 'Ada@Example.com' })
  })

  it('writes nothing where nothing changes', () => {
    const same = change({ name: 'Ada Lovelace', username: 'Ada', settings: { theme: null } })
    expect(given(...account).when(same).events).toEqual([])
  })

  it('merges settings key by key, and null removes one', () => {
    const first = given(...account).when(change({ settings: { theme: 'dark', size: { w: 1 } } }))
    const history = [...account, ...first.events]
    const second = given(...history).when(
      change({ settings: { theme: null, size: { w: 1 }, beta: true } }),
    )
    expect(second.events).toMatchObject([{ data: { changes: { theme: null, beta: true } } }])
    const state = registered(given(...history, ...second.events).state)
    expect(state.settings).toEqual({ size: { w: 1 }, beta: true })
  })

  it.each([
    ['65 keys', Object.fromEntries(Array.from({ length: 65 }, (_, key) => [`k${key}`, 1]))],
    ['more than 16 KiB', { text: 'ä'.repeat(8 * 1024) }],
  ])('refuses settings of %s', (_what, settings) => {
    const { rejection } = given(...account).when(change({ settings }))
    expect(rejection?.code).toBe('validation-failed')
    expect(rejection?.extensions).toMatchObject({ errors: [{ pointer: '/settings' }] })
  })

  it('takes 64 keys, and a key that is named like a property of every object', () => {
    const settings = Object.fromEntries(Array.from({ length: 63 }, (_, key) => [`k${key}`, 1]))
    const odd = { ...settings, toString: 'mine' }
    const { events } = given(...account).when(change({ settings: odd }))
    expect(registered(given(...account, ...events).state).settings).toEqual(odd)
  })
})

describe('the password', () => {
  const changePassword = (previousHash: string) =>
    ({
      type: 'ChangePassword',
      userId,
      passwordHash: 'hash-2',
      previousHash,
      keptSessionId: sessionId,
      at,
    }) as const

  it('is changed, and what is public of it holds no hash', () => {
    const { events } = given(...account).when(changePassword('hash-1'))
    expect(types(events)).toEqual(['PasswordSet', 'PasswordChanged'])
    expect(JSON.stringify(events.at(1))).not.toContain('hash')
    expect(given(...account, ...events).state).toMatchObject({
      passwordHash: 'hash-2',
      passwordsReplaced: 1,
    })
  })

  it('is not changed by the current one of a moment ago', () => {
    const { events } = given(...account).when(changePassword('hash-1'))
    const second = given(...account, ...events).when(changePassword('hash-1'))
    expect(second.rejection?.code).toBe('invalid-credentials')
  })

  it('gets a newer hash without ending sessions, unless it was replaced meanwhile', () => {
    const upgrade = (previousHash: string) =>
      ({ type: 'UpgradePasswordHash', userId, passwordHash: 'hash-2', previousHash, at }) as const
    const { events } = given(...account).when(upgrade('hash-1'))
    expect(types(events)).toEqual(['PasswordSet'])
    expect(given(...account, ...events).state).toMatchObject({ passwordsReplaced: 0 })
    expect(given(...account).when(upgrade('hash-0')).events).toEqual([])
  })
})

describe('resetting the password', () => {
  const ask = (resetId: string) =>
    ({ type: 'RequestPasswordReset', userId, resetId, expiresAt: minutesLater(30), at }) as const
  const reset = (resetId: string, minutes = 1) =>
    ({
      type: 'ResetPassword',
      userId,
      resetId,
      passwordHash: 'hash-2',
      at: minutesLater(minutes),
    }) as const
  const asked = (...ids: string[]) =>
    ids.reduce<readonly UserEvent[]>(
      (events, id) => [...events, ...given(...events).when(ask(id)).events],
      account,
    )

  it('works once, with the newest link alone', () => {
    const history = asked('r1', 'r2')
    expect(given(...history).when(reset('r1')).rejection?.code).toBe('reset-token-invalid')
    const { events } = given(...history).when(reset('r2'))
    expect(types(events)).toEqual(['PasswordSet', 'PasswordChanged'])
    const second = given(...history, ...events).when(reset('r2'))
    expect(second.rejection?.code).toBe('reset-token-invalid')
  })

  it('sends no more than five links in half an hour, and the newest of them stays good', () => {
    const history = asked('r1', 'r2', 'r3', 'r4', 'r5', 'r6')
    expect(history).toHaveLength(account.length + 5)
    expect(types(given(...history).when(reset('r5')).events)).toContain('PasswordSet')
    const later = { ...ask('r7'), at: minutesLater(30) }
    expect(types(given(...history).when(later).events)).toEqual(['PasswordResetRequested'])
  })

  it('is refused after half an hour, and after the password was changed', () => {
    const history = asked('r1')
    expect(types(given(...history).when(reset('r1', 29)).events)).toContain('PasswordSet')
    expect(given(...history).when(reset('r1', 30)).rejection?.code).toBe('reset-token-invalid')
    const changed = given(...history).when({
      type: 'ChangePassword',
      userId,
      passwordHash: 'hash-3',
      previousHash: 'hash-1',
      keptSessionId: sessionId,
      at,
    })
    const late = given(...history, ...changed.events).when(reset('r1'))
    expect(late.rejection?.code).toBe('reset-token-invalid')
  })
})

describe('a platform administrator', () => {
  const appoint = { type: 'AppointPlatformAdministrator', userId, at } as const

  it('is appointed once, and must have an account', () => {
    const { events } = given(...account).when(appoint)
    expect(types(events)).toEqual(['PlatformAdministratorAppointed'])
    expect(given(...account, ...events).when(appoint).events).toEqual([])
    expect(given().when(appoint).rejection?.code).toBe('not-found')
  })
})
