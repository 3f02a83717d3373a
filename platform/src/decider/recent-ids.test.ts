import { expect, test } from 'vitest'
import { eventIdOf } from '../identifier.ts'
import { noIds } from './recent-ids.ts'

const idsKeptMax = 8_192
const none = noIds(idsKeptMax)
const commandId = '018f3ac1-d27c-7e9b-8f5a-8e3d2c1b0712'
const ids = Array.from({ length: 3_000 }, (_, index) => eventIdOf(commandId, index))

test('an id is found at its place from the oldest, however the list came to be', () => {
  const atOnce = none.with(ids)
  const oneByOne = ids.reduce((list, id) => list.with([id]), none)
  const inParts = none.with(ids.slice(0, 1_500)).with([]).with(ids.slice(1_500))
  for (const list of [atOnce, oneByOne, inParts]) {
    expect(list.length).toBe(3_000)
    for (const at of [0, 1_023, 1_024, 2_047, 2_048, 2_999]) {
      expect(list.indexOf(ids[at] ?? '')).toBe(at)
    }
    expect(list.indexOf(eventIdOf(commandId, 3_000))).toBe(-1)
  }
})

test('more ids make another list and leave this one as it was', () => {
  const before = none.with(ids.slice(0, 10))
  const [one, other] = [before.with(['aaaaaaaa-aaaa-5aaa-8aaa-aaaaaaaaaaaa']), before.with([])]
  expect([before.length, one.length, other.length]).toEqual([10, 11, 10])
  expect(other.indexOf('aaaaaaaa-aaaa-5aaa-8aaa-aaaaaaaaaaaa')).toBe(-1)
})

test('the oldest go where there are too many, and places count from what is left', () => {
  let list = none
  for (let at = 0; at < idsKeptMax / 1_000 + 3; at += 1) list = list.with(ids.slice(0, 1_000))
  expect(list.length).toBeLessThanOrEqual(idsKeptMax)
  expect(list.length).toBeGreaterThan(idsKeptMax - 2_048)
  expect(list.indexOf(ids[999] ?? '')).toBe(list.length - 1)
  expect(list.indexOf(ids[2_000] ?? '')).toBe(-1)
})
