/** What one run of a topic may use; everything it opens is closed after the topic. */
export interface Bench {
  /** A new, empty database on the bench's own PostgreSQL, which syncs every commit to disk. */
  readonly database: () => Promise<string>
  /** Address of the bench's own NATS with JetStream: nats://user:password@host:port. */
  readonly nats: () => Promise<string>
  /** Runs after the topic, the last first. */
  onEnd(close: () => unknown): void
  /** Measures in turns and adds a row per peer, or one without a peer. */
  compare(comparison: Comparison): Promise<void>
}

/** One file in `topics/` is one topic: it exports `topic`. */
export interface Topic {
  readonly summary: string
  run(bench: Bench): Promise<void>
}

export interface Comparison {
  readonly name: string
  readonly unit: string
  /** For `ours`, where there is no peer. */
  readonly target?: number
  readonly rounds?: number
  ours(): Promise<number>
  readonly peers?: readonly Peer[]
}

export interface Peer {
  readonly name: string
  /** The least ratio of ours to the peer; the largest where a p99, a memory or a time is told. */
  readonly target?: number
  /** One round; throws LeftOut where the peer cannot be had here. */
  run(): Promise<number>
}

export class LeftOut extends Error {
  override readonly name = 'LeftOut'
}

/** A row of the result, as `--json` writes it. */
export interface Row {
  readonly name: string
  readonly unit: string
  readonly ours: number
  readonly peer: number | null
  readonly peerName: string | null
  readonly ratio: number | null
  readonly target: number | null
}

const roundsDefault = 5

/** Medians of rounds, each of which runs everyone once: the machine's drift hits all alike. */
export async function compare(
  comparison: Comparison,
  leaveOut: (peer: string, reason: string) => void,
): Promise<Row[]> {
  const { name, unit, rounds = roundsDefault, target = null } = comparison
  const ours: number[] = []
  const figures = new Map<Peer, number[]>()
  const peers = [...(comparison.peers ?? [])]
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await comparison.ours())
    for (const peer of peers.slice()) {
      try {
        const figure = await peer.run()
        figures.set(peer, [...(figures.get(peer) ?? []), figure])
      } catch (error) {
        if (!(error instanceof LeftOut)) throw error
        leaveOut(peer.name, error.message)
        peers.splice(peers.indexOf(peer), 1)
      }
    }
  }
  const figure = median(ours)
  if (!comparison.peers) {
    return [{ name, unit, ours: figure, peer: null, peerName: null, ratio: null, target }]
  }
  return [...figures].map(([peer, rates]) => ({
    name,
    unit,
    ours: figure,
    peer: median(rates),
    peerName: peer.name,
    ratio: figure / median(rates),
    target: peer.target ?? null,
  }))
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)]
  if (upper === undefined) throw new Error('A median of nothing')
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? upper)) / 2 : upper
}

/** The value that 99 of 100 figures do not exceed. */
export function p99(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN
}

/** How often `work` was done in a second by callers who each wait for the answer. */
export async function rateOf(
  callers: number,
  durationMs: number,
  work: (caller: number) => Promise<unknown>,
): Promise<number> {
  const startedAt = performance.now()
  let done = 0
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      while (performance.now() - startedAt < durationMs) {
        await work(caller)
        done += 1
      }
    }),
  )
  return (done * 1_000) / (performance.now() - startedAt)
}
