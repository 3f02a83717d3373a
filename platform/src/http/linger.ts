import type { IncomingMessage } from 'node:http'

/** How long a client may go on sending what nobody reads any more. */
const lingerMs = 5_000

/**
 * After an answer that came before the end of the body: takes in what still comes and forgets it,
 * for a while. Hanging up at once would reset the connection, and the client, busy sending, would
 * lose the answer (RFC 9112, section 9.6). Most stop when they see it; the connection of one who
 * goes on is closed.
 */
export function linger(request: IncomingMessage): void {
  const { complete, readableEnded, readableLength } = request
  if (request.destroyed || readableEnded || (complete && readableLength === 0)) return
  // Whoever had the body may let go of it only now, and hold it back by that.
  request.on('error', ignore).on('pause', () => request.resume())
  request.resume()
  const timer = setTimeout(() => request.destroy(), lingerMs)
  request.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
}

const ignore = () => {}
