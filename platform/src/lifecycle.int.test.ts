import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('./lifecycle-process.ts', import.meta.url))

async function start(behaviour = 'well', watch = '') {
  const child = spawn(process.execPath, [program, behaviour, watch], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const said: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(...text.split('\n')))
  const ended = once(child, 'exit').then(([status]) => status as number | null)
  await expect.poll(() => said.includes('runs')).toBe(true)
  return { child, ended, said: () => said.filter((word) => word !== '' && word !== 'runs') }
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops phase after phase', async (signal) => {
  const { child, ended, said } = await start()
  child.kill(signal)
  expect(await ended).toBe(0)
  expect(said()).toEqual(['intake', 'work', 'connections'])
})

test.each(['hang', 'fail'])('what does not stop (%s) holds up nothing', async (behaviour) => {
  const { child, ended, said } = await start(behaviour)
  child.kill('SIGTERM')
  expect(await ended).toBe(1)
  expect(said()).toEqual(['intake', 'connections'])
})

test('a second signal ends the process at once', async () => {
  const { child, ended, said } = await start('hang')
  child.kill('SIGTERM')
  await expect.poll(() => said()).toContain('intake')
  child.kill('SIGTERM')
  expect(await ended).toBe(1)
  expect(said()).toEqual(['intake'])
})

test('the death of the parent, seen by its closed pipe, stops who watches for it', async () => {
  const { child, ended, said } = await start('well', 'watch')
  child.stdin.end()
  expect(await ended).toBe(0)
  expect(said()).toEqual(['intake', 'work', 'connections'])
})

test('the death of the parent ends who is still starting', async () => {
  const { child, ended, said } = await start('wait', 'watch')
  child.stdin.end()
  expect(await ended).toBe(1)
  expect(said()).toEqual([])
})

test('a rejection that nobody handles ends the process', async () => {
  const { ended } = await start('crash')
  expect(await ended).toBe(1)
})
