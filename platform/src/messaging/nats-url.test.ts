import { expect, it } from 'vitest'
import { parseNatsUrl } from './nats-url.ts'

it('reads user and password, which the client itself ignores', () => {
  expect(parseNatsUrl('nats://me:p%40ss@host:4222')).toEqual({
    servers: ['nats://host:4222'],
    user: 'me',
    pass: 'p@ss',
  })
})

it('reads a token', () => {
  expect(parseNatsUrl('nats://t0ken@host:4222')).toEqual({
    servers: ['nats://host:4222'],
    token: 't0ken',
  })
})

it('reads the servers of a cluster', () => {
  expect(parseNatsUrl('nats://me:x@one:4222, tls://me:x@two:4222')).toEqual({
    servers: ['nats://one:4222', 'tls://two:4222'],
    user: 'me',
    pass: 'x',
  })
})
