import { defineConfig } from 'vitest/config'

const packages = '{contracts,platform,services,gateway,cli,local,bench}'
const never = ['**/node_modules/**', '**/.atrium/**']
/** What is waited for comes sooner or later: on a busy machine later. */
const patient = { poll: { timeout: 60_000 } }

/**
 * A test's suffix names its tier, and the tier what a test of it may touch. The tiers run one after
 * the other: a platform that is killed needs the machine for itself.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit', // no input or output
          include: [`${packages}/**/*.test.ts`],
          exclude: [...never, '**/*.int.test.ts'],
          expect: patient,
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'checks', // the source itself
          include: ['checks/**/*.test.ts'],
          exclude: never,
          testTimeout: 60_000, // every file is parsed
        },
      },
      {
        test: {
          name: 'integration', // real servers, one of each for the whole run
          include: [`${packages}/**/*.int.test.ts`],
          exclude: never,
          globalSetup: 'platform/src/testkit/global-setup.ts',
          expect: patient,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'acceptance', // only HTTP, against what `npm start` starts
          include: ['acceptance/**/*.test.ts'],
          exclude: never,
          globalSetup: 'acceptance/global-setup.ts',
          expect: patient,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'faults', // a platform of its own, whose processes are killed
          include: ['faults/**/*.test.ts'],
          exclude: never,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
