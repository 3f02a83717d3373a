import { expect, it } from 'vitest'
import { convertUser } from './convert-user.ts'

it('an account is read as the old platform wrote it', () => {
  const raw = {
    id: 'f'.repeat(32),
    username: ' ann ',
    email: 'ann@example.com ',
    password_hash: '$2b$12$x',
    created_at: '2025-10-01T08:00:00+02:00',
    updated_at: '2025-10-01T08:00:00',
    is_active: true,
    terms_accepted_at: null,
  }
  expect(convertUser('key', raw)).toEqual({
    id: 'f'.repeat(32),
    username: 'ann',
    email: 'ann@example.com',
    passwordHash: '$2b$12$x',
    registeredAt: '2025-10-01T06:00:00.000Z',
    isActive: true,
  })
})

it.each([
  ['2025-10-01T08:00:00', '2025-10-01T08:00:00.000Z'],
  ['2025-10-01 08:00:00.123456', '2025-10-01T08:00:00.123Z'],
  ['yesterday', null],
  [7, null],
])('a time of %j is %j', (created_at, registeredAt) => {
  expect(convertUser('key', { created_at }).registeredAt).toBe(registeredAt)
})

it('what is missing is missing', () => {
  expect(convertUser('key', { is_active: false })).toEqual({
    id: 'key',
    username: null,
    email: '',
    passwordHash: '',
    registeredAt: null,
    isActive: false,
  })
})
