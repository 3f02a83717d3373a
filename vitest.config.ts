import { defineConfig } from 'vitest/config'

/** A test's suffix names its tier; a tier names what a test of it may touch. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{contracts,platform,services,gateway,cli,local,checks,bench}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.int.test.ts'],
        },
      },
    ],
  },
})
