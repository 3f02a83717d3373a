import { expect, test } from 'vitest'
import { createLogger } from '../telemetry/logger.ts'
import { createRounds } from './rounds.ts'

const logger = createLogger({ name: 'test', level: 'silent' })
const rounds = (run: () => Promise<object | undefined>, intervalMs = 3_600_000) =>
  createRounds({ name: 'test', intervalMs, logger, run })

test('rounds follow each other, also after one that failed', async () => {
  let begun = 0
  const timer = rounds(async () => {
    begun += 1
    if (begun === 1) throw new Error('x')
    return {}
  }, 1)
  timer.start()
  await expect.poll(() => begun).toBeGreaterThan(2)
  await timer.close()
  const atClose = begun
  timer.soon()
  expect(begun).toBe(atClose)
})

test('what is wanted soon does not wait, and never runs beside a round', async () => {
  let begun = 0
  let atOnce = 0
  const free = Promise.withResolvers<void>()
  const timer = rounds(async () => {
    begun += 1
    atOnce += 1
    expect(atOnce).toBe(1)
    await free.promise
    atOnce -= 1
    return undefined
  })
  timer.soon()
  expect(begun).toBe(0)
  timer.start()
  timer.soon()
  timer.soon()
  timer.soon()
  expect(begun).toBe(1)
  free.resolve()
  await expect.poll(() => begun).toBe(2)
  await timer.close()
  expect(begun).toBe(2)
})

test('closing waits for the round that is under way', async () => {
  const free = Promise.withResolvers<void>()
  let ended = false
  const timer = rounds(async () => {
    await free.promise
    ended = true
    return undefined
  })
  timer.start()
  timer.soon()
  const closed = timer.close()
  expect(ended).toBe(false)
  free.resolve()
  await closed
  expect(ended).toBe(true)
})
