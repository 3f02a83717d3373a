import { hash as hashBcrypt } from '@node-rs/bcrypt'
import { expect, it } from 'vitest'
import { createPasswordHashing } from './password-hashing.ts'

const passwords = await createPasswordHashing({ concurrency: 2 })
const password = 'a long enough passphrase'

it('hashes as OWASP asks, and never the same twice', async () => {
  const [one, two] = await Promise.all([passwords.hash(password), passwords.hash(password)])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(one).not.toBe(two)
  expect(await passwords.verify(password, one)).toBe(true)
  expect(await passwords.verify('another passphrase', one)).toBe(false)
  expect(passwords.isOutdated(one)).toBe(false)
})

it('takes a password however its characters were composed', async () => {
  const stored = await passwords.hash('pässword with läuten'.normalize('NFD'))
  expect(await passwords.verify('pässword with läuten'.normalize('NFC'), stored)).toBe(true)
})

it('accepts an old bcrypt hash, and calls it outdated', async () => {
  const stored = await hashBcrypt(password, { cost: 4 })
  expect(await passwords.verify(password, stored)).toBe(true)
  expect(await passwords.verify('another passphrase', stored)).toBe(false)
  expect(passwords.isOutdated(stored)).toBe(true)
  expect(passwords.isOutdated('$argon2id$v=19$m=8192,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo')).toBe(
    true,
  )
})

it('is never true for an account that is none', async () => {
  expect(await passwords.verify(password, undefined)).toBe(false)
})

it('refuses as unavailable what comes while as many wait as may', async () => {
  const narrow = await createPasswordHashing({ concurrency: 1, waitingMax: 2 })
  const tries = await Promise.allSettled(
    Array.from({ length: 5 }, () => narrow.verify(password, undefined)),
  )
  expect(tries.map(({ status }) => status)).toEqual([
    ...Array<string>(3).fill('fulfilled'),
    ...Array<string>(2).fill('rejected'),
  ])
  expect(tries[4]).toMatchObject({ reason: { code: 'unavailable' } })
  expect(await narrow.verify(password, undefined)).toBe(false)
})
