import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLedger, readOnlyLedger, type LedgerEntry } from './ledger.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-ledger-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

const entries: readonly LedgerEntry[] = [
  { entry: 'user-imported', oldId: 'u', userId: 'usr_1' },
  { entry: 'project-begun', oldId: 'p', userId: 'usr_1' },
  { entry: 'project-created', oldId: 'p', instanceId: 'ins_1', projectId: 'prj_1' },
]

it('a ledger is gone on with, also where its last line is half written', async () => {
  const file = join(folder, 'resumed.jsonl')
  const first = await openLedger(file, 'acme')
  for (const entry of entries) await first.note(entry)
  await first.close()
  await appendFile(file, '{"entry":"project-imp')
  const second = await openLedger(file, 'acme')
  expect(second.runId).toBe(first.runId)
  expect([...second.users]).toEqual([['u', 'usr_1']])
  expect(second.projects.get('p')).toEqual({
    userId: 'usr_1',
    attempt: 1,
    isWithdrawn: false,
    isImported: false,
    created: { instanceId: 'ins_1', projectId: 'prj_1' },
  })
  await second.note({ entry: 'project-imported', oldId: 'p' })
  await second.close()
  expect((await readOnlyLedger(file, 'acme')).projects.get('p')?.isImported).toBe(true)
})

it('what was withdrawn begins anew, as another attempt', async () => {
  const ledger = await openLedger(join(folder, 'withdrawn.jsonl'), 'acme')
  for (const entry of entries) await ledger.note(entry)
  await ledger.note({ entry: 'project-withdrawn', oldId: 'p' })
  expect(ledger.projects.get('p')).toMatchObject({ isWithdrawn: true, created: undefined })
  await ledger.note({ entry: 'project-begun', oldId: 'p', userId: 'usr_1' })
  expect(ledger.projects.get('p')).toMatchObject({ isWithdrawn: false, attempt: 2 })
  await ledger.close()
})

it('after a rollback the next import is another one', async () => {
  const file = join(folder, 'rolled-back.jsonl')
  const first = await openLedger(file, 'acme')
  for (const entry of entries) await first.note(entry)
  await first.note({ entry: 'run-rolled-back', runId: first.runId })
  await first.close()
  const second = await openLedger(file, 'acme')
  expect(second.runId).not.toBe(first.runId)
  expect([second.users.size, second.projects.size]).toEqual([0, 0])
  await second.close()
})

it('is about one tenant, and a dry run writes nothing', async () => {
  const file = join(folder, 'tenant.jsonl')
  await (await openLedger(file, 'acme')).close()
  await expect(openLedger(file, 'other')).rejects.toThrow('about the tenant acme')
  await expect(readOnlyLedger(file, 'other')).rejects.toThrow('about the tenant acme')
  const none = await readOnlyLedger(join(folder, 'none.jsonl'), 'acme')
  const entry = { entry: 'project-imported', oldId: 'p' } as const
  await expect(none.note(entry)).rejects.toThrow('dry run')
})
