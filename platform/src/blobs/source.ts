import type { BlobSource } from './port.ts'

/**
 * The chunks of a source until a signal is raised, also while the source keeps one waiting: a
 * client that has stopped sending must not hold a stage for ever. Throws the signal's reason.
 */
export async function* untilAborted(
  source: BlobSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (!signal) {
    yield* source
    return
  }
  signal.throwIfAborted()
  const iterator = iteratorOf(source)
  // One promise for each wait: a race against one for all would keep every chunk until the end.
  let giveUp: (reason: unknown) => void = () => {}
  const onAbort = () => {
    giveUp(signal.reason)
  }
  const next = () =>
    new Promise<IteratorResult<Uint8Array, unknown>>((resolve, reject) => {
      giveUp = reject
      signal.throwIfAborted()
      Promise.resolve(iterator.next()).then(resolve, reject)
    })
  signal.addEventListener('abort', onAbort)
  let isDone = false
  try {
    for (let step = await next(); !(isDone = step.done === true); step = await next()) {
      yield step.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Not waited for: a source that hangs would never answer.
    if (!isDone) Promise.resolve(iterator.return?.()).catch(() => {})
  }
}

function iteratorOf(source: BlobSource): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}
