import type { Bench } from '../bench.ts'
import { addressFrom, startProcess } from '../processes.ts'

/** A minimal server of files. */
export interface Peer {
  readonly url: string
  /** What it has used so far. */
  processorMs(): Promise<number>
}

export async function startPeer(bench: Bench, folder: string): Promise<Peer> {
  const url = await addressFrom(startProcess(bench, 'bench/src/peers/file-service.ts', [folder]))
  return {
    url,
    async processorMs() {
      const { user, system } = (await (await fetch(`${url}/used`)).json()) as NodeJS.CpuUsage
      return (user + system) / 1_000
    },
  }
}
