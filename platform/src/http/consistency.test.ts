import { expect, test } from 'vitest'
import { Rejection } from '../rejection.ts'
import { createWaitFor, longWaitsMax } from './consistency.ts'

function createPorts(written?: number, writtenPublic?: number) {
  const steps: string[] = []
  return {
    steps,
    projections: {
      async waitFor(position: number) {
        steps.push(`projections ${position}`)
      },
    },
    reactions: {
      async waitHandled(wanted: { source: string; publicPosition: number; tenant: string }) {
        steps.push(`reactions ${wanted.source} ${wanted.publicPosition} ${wanted.tenant}`)
        return {
          ...(written === undefined ? {} : { position: written }),
          ...(writtenPublic === undefined ? {} : { publicPosition: writtenPublic }),
        }
      },
    },
  }
}

test('the own pair waits for the own projections', async () => {
  const { steps, ...ports } = createPorts()
  await createWaitFor({ context: 'instances', ...ports })(
    { instances: { position: 5 } },
    'acme',
    'ada',
  )
  expect(steps).toEqual(['projections 5'])
})

test('a foreign pair waits for the reactions, then for what they wrote', async () => {
  const { steps, ...ports } = createPorts(9)
  const token = { auth: { position: 7, publicPosition: 6 } }
  await createWaitFor({ context: 'instances', ...ports })(token, 'acme', 'ada')
  expect(steps).toEqual(['reactions auth 6 acme', 'projections 9'])
})

test('a reader takes along what reactions have told others, and nothing else', async () => {
  const token = { auth: { position: 7, publicPosition: 6 } }
  const seenAfter = (ports: ReturnType<typeof createPorts>) =>
    createWaitFor({ context: 'instances', ...ports })(token, 'acme', 'ada')
  expect(await seenAfter(createPorts(9, 8))).toEqual({ instances: { publicPosition: 8 } })
  expect(await seenAfter(createPorts(9))).toEqual({})
})

test('reactions that wrote nothing, private foreign facts and no token need no more', async () => {
  const { steps, ...ports } = createPorts()
  const waitFor = createWaitFor({ context: 'instances', ...ports })
  await waitFor({ auth: { publicPosition: 6 } }, 'acme', 'ada')
  await waitFor({ auth: { position: 8 } }, 'acme', 'ada')
  await waitFor({}, 'acme', 'ada')
  expect(steps).toEqual(['reactions auth 6 acme'])
})

test('both steps share one limit', async () => {
  const ports = createPorts(9)
  const waitFor = createWaitFor({
    ...ports,
    context: 'instances',
    timeoutMs: 0,
  })
  await expect(waitFor({ auth: { publicPosition: 6 } }, 'acme', 'ada')).rejects.toThrow(
    'not-yet-consistent',
  )
})

test('tokens of what never was hold a few waits of one caller, and some in all', async () => {
  const longWaits: (() => void)[] = []
  const waitFor = createWaitFor({
    context: 'instances',
    projections: {
      async waitFor(_position: number, { timeoutMs }: { timeoutMs: number }) {
        const isLong = timeoutMs > 1_000
        if (isLong) await new Promise<void>((resolve) => longWaits.push(resolve))
        throw new Rejection('not-yet-consistent')
      },
    },
  })
  const refused: string[] = []
  const ask = (caller: string) =>
    waitFor({ instances: { position: 999_999 } }, 'acme', caller).catch((error: unknown) =>
      refused.push(error instanceof Rejection ? error.code : String(error)),
    )
  const asked = Array.from({ length: 100 }, () => ask('mallory'))
  await expect.poll(() => refused).toHaveLength(100 - longWaitsMax.ofOne)
  asked.push(...Array.from({ length: 100 }, (_, index) => ask(`mallory ${index}`)))
  await expect.poll(() => refused).toHaveLength(200 - longWaitsMax.inAll)
  expect(longWaits).toHaveLength(longWaitsMax.inAll)
  for (const end of longWaits) end()
  await Promise.all(asked)
  expect(new Set(refused)).toEqual(new Set(['not-yet-consistent']))
  const again = ask('mallory')
  await expect.poll(() => longWaits).toHaveLength(longWaitsMax.inAll + 1)
  longWaits.at(-1)?.()
  await again
})
