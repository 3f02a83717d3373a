/** What the NATS client's `connect` takes; it would ignore a user in the address. */
export type NatsAddress = {
  readonly servers: string[]
  readonly user?: string
  readonly pass?: string
  readonly token?: string
}

/**
 * Reads `nats://user:password@host:port`, or `nats://token@host:port`; several servers of one
 * cluster are separated by commas, and the first names the user.
 */
export function parseNatsUrl(text: string): NatsAddress {
  const urls = text.split(',').map((part) => new URL(part.trim()))
  const [first] = urls
  const servers = urls.map((url) => `${url.protocol}//${url.host}`)
  if (!first?.username) return { servers }
  const user = decodeURIComponent(first.username)
  if (!first.password) return { servers, token: user }
  return { servers, user, pass: decodeURIComponent(first.password) }
}
