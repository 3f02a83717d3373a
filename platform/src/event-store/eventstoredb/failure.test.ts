import {
  DeadlineExceededError,
  UnavailableError,
  UnknownError,
  type ErrorType,
} from '@eventstore/db-client'
import { Metadata, status, type ServiceError } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { backOffMs, failureOf, isCertainlyUndone } from './failure.ts'

const serviceError = (code: status, details: string, metadata = new Metadata()): ServiceError =>
  Object.assign(new Error(`${code}: ${details}`), { code, details, metadata })

test('waits double, up to a limit, and are spread by half', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 99].map((n) => backOffMs(n, () => 1))).toEqual([
    25, 50, 100, 200, 400, 800, 1_000, 1_000,
  ])
  expect(backOffMs(2, () => 0)).toBe(25)
})

test.each([
  ['a server that is not ready', serviceError(status.UNAVAILABLE, 'Server Is Not Ready'), true],
  ['the same as an unknown error', serviceError(status.UNKNOWN, 'Server Is Not Ready'), true],
  ['a refused connection', serviceError(status.UNAVAILABLE, 'connect ECONNREFUSED 1.2.3.4'), true],
  [
    'a connection that never was',
    serviceError(status.UNAVAILABLE, 'No connection established'),
    true,
  ],
  ['no member found', new Error('Failed to discover after 10 attempts.'), true],
  ['a broken connection', serviceError(status.UNAVAILABLE, 'read ECONNRESET'), false],
  ['a missed deadline', serviceError(status.DEADLINE_EXCEEDED, 'Deadline exceeded'), false],
  ['anything else', serviceError(status.UNKNOWN, 'Exception was thrown by handler.'), false],
])('after %s an append is undone for certain: %s', (_, error, undone) => {
  expect(isCertainlyUndone(failureOf(error))).toBe(undone)
})

test('errors become those of the client, and one that it cannot read stays as it was', () => {
  expect(failureOf(serviceError(status.UNAVAILABLE, ''))).toBeInstanceOf(UnavailableError)
  expect(failureOf(serviceError(status.DEADLINE_EXCEEDED, ''))).toBeInstanceOf(
    DeadlineExceededError,
  )
  expect(failureOf(serviceError(status.UNKNOWN, ''))).toBeInstanceOf(UnknownError)
  expect(failureOf('text')).toMatchObject({ message: 'text' })
  const metadata = new Metadata()
  const exception: `${ErrorType.NOT_LEADER}` = 'not-leader'
  metadata.set('exception', exception) // and nothing that says who leads
  const odd = serviceError(status.NOT_FOUND, 'Leader info available', metadata)
  expect(failureOf(odd)).toBe(odd)
})
