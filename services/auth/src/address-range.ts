import { isIPv6 } from 'node:net'

/**
 * The range that one party commands: a /24 of IPv4, a /64 of IPv6. An IPv4 address inside IPv6 is
 * itself. Text that is no address is a range of its own.
 */
export function addressRangeOf(address: string): string {
  const plain = address.replace(/%.*$/, '')
  const ipv4 = /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/i.exec(plain)?.[1]
  if (ipv4 !== undefined) return `${ipv4}.0/24`
  if (!isIPv6(plain)) return plain
  const [head = '', tail = ''] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === '' ? [] : tail.split(':')
  const zeros = plain.includes('::') ? 8 - groups.length - rest.length : 0
  const whole = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...rest]
  const network = whole.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}

/** The machine itself: 127.0.0.0/8 and ::1. */
export const isLoopback = (address: string) =>
  address === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address)
