import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { headBytes } from '../media/media-type.ts'
import { createSeenUploads } from './seen-uploads.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

it('has the hash and the first bytes of what came from the beginning, piece by piece', () => {
  const seen = createSeenUploads()
  seen.follow('acme/1', 0)?.take(Buffer.from('a'.repeat(headBytes - 1)))
  const upload = seen.follow('acme/1', headBytes - 1)
  upload?.take(Buffer.from('bcd'))
  expect(upload?.sha256()).toBe(sha256(`${'a'.repeat(headBytes - 1)}bcd`))
  expect(upload?.head.toString()).toBe(`${'a'.repeat(headBytes - 1)}b`)
  expect(upload?.offsetBytes).toBe(headBytes + 2)
  upload?.take(Buffer.from('e'))
  expect(upload?.sha256()).toBe(sha256(`${'a'.repeat(headBytes - 1)}bcde`))
})

it('does not follow what it has not seen from the beginning, or what went on elsewhere', () => {
  const seen = createSeenUploads()
  expect(seen.follow('acme/1', 5)).toBeUndefined()
  seen.follow('acme/1', 0)?.take(Buffer.from('abc'))
  expect(seen.follow('other/1', 3)).toBeUndefined()
  expect(seen.follow('acme/1', 2)).toBeUndefined()
  expect(seen.follow('acme/1', 3)).toBeUndefined() // it was given up by the line above
})

it('begins anew at the first byte, and forgets what it is told to', () => {
  const seen = createSeenUploads()
  seen.follow('acme/1', 0)?.take(Buffer.from('abc'))
  seen.follow('acme/1', 0)?.take(Buffer.from('x'))
  expect(seen.follow('acme/1', 1)?.sha256()).toBe(sha256('x'))
  seen.forget('acme/1')
  expect(seen.follow('acme/1', 1)).toBeUndefined()
})
