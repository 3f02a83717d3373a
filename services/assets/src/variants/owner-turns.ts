import { Rejection } from '@atrium/platform/rejection.ts'

/** Pictures of one owner that wait to be made; more are refused as unavailable. */
const waitingMax = 16

/**
 * Runs the work of one owner one after the other, that of several side by side: whoever asks for a
 * hundred pictures waits for their own, and nobody else does.
 */
export function createOwnerTurns() {
  const queues = new Map<string, { last: Promise<unknown>; length: number }>()

  return async <Result>(owner: string, work: () => Promise<Result>): Promise<Result> => {
    const queue = queues.get(owner) ?? { last: Promise.resolve(), length: 0 }
    if (queue.length > waitingMax) throw new Rejection('unavailable')
    queues.set(owner, queue)
    queue.length += 1
    const turn = queue.last.then(work, work)
    queue.last = turn
    try {
      return await turn
    } finally {
      queue.length -= 1
      if (queue.length === 0) queues.delete(owner)
    }
  }
}
