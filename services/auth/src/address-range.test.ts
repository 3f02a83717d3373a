import { expect, it } from 'vitest'
import { addressRangeOf, isLoopback } from './address-range.ts'

it.each([
  ['203.0.113.7', '203.0.113.0/24'],
  ['::ffff:203.0.113.7', '203.0.113.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::2', '0:0:0:0::/64'],
  ['nonsense', 'nonsense'],
])('%s lies in %s', (address, range) => {
  expect(addressRangeOf(address)).toBe(range)
})

it('the loopback is known in each of its forms', () => {
  for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) {
    expect(isLoopback(address)).toBe(true)
  }
  expect(isLoopback('203.0.113.7')).toBe(false)
})
