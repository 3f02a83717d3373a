import type { BlobKey } from '../port.ts'
import { noise, type Opener } from './bench.ts'

/** Run by the conformance suite as a process of its own, to be killed; its argument, as JSON. */
export interface VictimTask {
  readonly opener: string
  readonly place: string
  readonly key: BlobKey
  /** Bytes to send. */
  readonly append: number
  /** After them: never end the append, end it, or commit as well; then say so and wait. */
  readonly rest: 'wait' | 'end' | 'commit'
}

process.on('message', () => {}) // keeps it alive until it is killed
const chunkBytes = 65_536
const task = JSON.parse(process.argv[2] ?? '') as VictimTask
const { open } = (await import(task.opener)) as Opener
const store = await open(task.place)
const stage = await store.stage(task.key, { resumable: true })
const bytes = noise(task.append)

async function* source() {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    yield Buffer.from(bytes.subarray(at, at + chunkBytes))
  }
  if (task.rest !== 'wait') return
  process.send?.({ sentBytes: bytes.length })
  await new Promise(() => {})
}

await stage.append(0, source())
if (task.rest === 'commit') await stage.commit()
process.send?.({ sentBytes: bytes.length })
