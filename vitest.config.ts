import { defineConfig } from 'vitest/config'

const packages = '{contracts,platform,services,gateway,cli,local,bench,faults}'
const never = ['**/node_modules/**', '**/.atrium/**']

/** A test's suffix names its tier, and the tier what a test of it may touch. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit', // no input or output
          include: [`${packages}/**/*.test.ts`],
          exclude: [...never, '**/*.int.test.ts'],
        },
      },
      {
        test: {
          name: 'checks', // the source itself
          include: ['checks/**/*.test.ts'],
          exclude: never,
        },
      },
      {
        test: {
          name: 'integration', // real servers, one of each for the whole run
          include: [`${packages}/**/*.int.test.ts`],
          exclude: never,
          globalSetup: 'platform/src/testkit/global-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'acceptance', // only HTTP, against what `npm start` starts
          include: ['acceptance/**/*.test.ts'],
          exclude: never,
          globalSetup: 'acceptance/global-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
