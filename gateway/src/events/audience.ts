import type { Connection } from './connection.ts'
import type { Owner } from './cursor.ts'

/** The open connections, by their owner. */
export function createAudience() {
  const byOwner = new Map<string, Set<Connection>>()
  const keyOf = ({ tenant, userId }: Owner) => `${tenant}\n${userId}`
  return {
    of: (owner: Owner): ReadonlySet<Connection> | undefined => byOwner.get(keyOf(owner)),
    count: (owner: Owner) => byOwner.get(keyOf(owner))?.size ?? 0,
    all: () => [...byOwner.values()].flatMap((connections) => [...connections]),
    add(connection: Connection) {
      const key = keyOf(connection.owner)
      byOwner.set(key, (byOwner.get(key) ?? new Set()).add(connection))
    },
    remove(connection: Connection) {
      const key = keyOf(connection.owner)
      const connections = byOwner.get(key)
      connections?.delete(connection)
      if (connections?.size === 0) byOwner.delete(key)
    },
  }
}
