import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { commandLineOf, isAlive, recordOf, stopProcess } from './process-record.ts'

describe('the record of a process', () => {
  it('is the same for as long as it lives', async () => {
    const record = recordOf(process.pid)
    expect(record).toEqual(recordOf(process.pid))
    expect(record && isAlive(record)).toBe(true)
    expect(commandLineOf(process.pid)).toContain('vitest')
  })

  it('does not match another process that has its pid', async () => {
    const child = spawn('sleep', ['600'])
    await once(child, 'spawn')
    const former = { pid: child.pid ?? 0, startedAt: 'yesterday' }
    expect(isAlive(former)).toBe(false)
    await stopProcess(former, 'SIGKILL', 1_000)
    expect(child.exitCode).toBeNull()
    child.kill()
  })

  it('is gone with the process', async () => {
    const child = spawn('sleep', ['600'])
    await once(child, 'spawn')
    const record = recordOf(child.pid ?? 0)
    if (!record) throw new Error('the child has no record')
    await stopProcess(record, 'SIGTERM', 5_000)
    expect(isAlive(record)).toBe(false)
    expect(recordOf(record.pid)).toBeUndefined()
  })
})
