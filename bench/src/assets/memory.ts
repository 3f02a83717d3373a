import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { download } from '../upload.ts'
import { metricOf, type Subject, upload } from './subject.ts'

const mebibyte = 1024 * 1024
const largeBytes = 64 * mebibyte
const hugeBytes = 5 * 1024 * mebibyte
const smallRounds = 20
const pollMs = 50

/** How much more the service holds at most while a file of 5 GB passes than while 64 MB do. */
export async function measureMemory(bench: Bench, subject: Subject) {
  const pass = async (sizeBytes: number) => {
    const { path, headers } = await upload(subject.assets, subject, sizeBytes)
    const received = await download(`${subject.assets}${path}`, headers)
    if (received !== sizeBytes) throw new Error(`${received} bytes in place of ${sizeBytes}`)
  }
  const peakDuring = async (work: Promise<void>) => {
    const over = new AbortController()
    const ended = work.finally(() => {
      over.abort()
    })
    let peak = 0
    while (!over.signal.aborted) {
      peak = Math.max(peak, await metricOf(subject.assets, 'process_resident_memory_bytes'))
      await delay(pollMs)
    }
    await ended
    return peak
  }
  const passMany = async () => {
    for (let round = 0; round < smallRounds; round += 1) await pass(largeBytes)
  }
  await bench.compare({
    name: 'memory at most, 5 GB above 64 MB',
    unit: 'MiB',
    rounds: 1,
    target: 30,
    ours: async () => {
      const small = await peakDuring(passMany())
      return ((await peakDuring(pass(hugeBytes))) - small) / mebibyte
    },
  })
}
