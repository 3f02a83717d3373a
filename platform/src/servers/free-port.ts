import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the range from which systems take the ports of outgoing connections (32768 and up), so that
 * none of those can take the port between the probe and its use.
 */
const lowestPort = 20_000
const highestPort = 32_000
const probesMax = 200

/** A port of the loopback address on which nothing listens. */
export async function findFreePort(): Promise<number> {
  for (let probe = 0; probe < probesMax; probe++) {
    const port = randomInt(lowestPort, highestPort)
    if (await isFreePort(port)) return port
  }
  throw new Error(`No free port was found between ${lowestPort} and ${highestPort}.`)
}

export function isFreePort(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
