import { expect, test } from 'vitest'
import { createWaitFor } from './consistency.ts'

function createPorts(written?: number) {
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
        return written === undefined ? {} : { position: written }
      },
    },
  }
}

test('the own pair waits for the own projections', async () => {
  const { steps, ...ports } = createPorts()
  await createWaitFor({ context: 'instances', ...ports })({ instances: { position: 5 } }, 'acme')
  expect(steps).toEqual(['projections 5'])
})

test('a foreign pair waits for the reactions, then for what they wrote', async () => {
  const { steps, ...ports } = createPorts(9)
  const token = { auth: { position: 7, publicPosition: 6 } }
  await createWaitFor({ context: 'instances', ...ports })(token, 'acme')
  expect(steps).toEqual(['reactions auth 6 acme', 'projections 9'])
})

test('reactions that wrote nothing, private foreign facts and no token need no more', async () => {
  const { steps, ...ports } = createPorts()
  const waitFor = createWaitFor({ context: 'instances', ...ports })
  await waitFor({ auth: { publicPosition: 6 } }, 'acme')
  await waitFor({ auth: { position: 8 } }, 'acme')
  await waitFor({}, 'acme')
  expect(steps).toEqual(['reactions auth 6 acme'])
})

test('both steps share one limit', async () => {
  const ports = createPorts(9)
  const waitFor = createWaitFor({
    ...ports,
    context: 'instances',
    timeoutMs: 0,
  })
  await expect(waitFor({ auth: { publicPosition: 6 } }, 'acme')).rejects.toThrow(
    'not-yet-consistent',
  )
})
