/** A place where a rule of the house does not hold, and why. */
export type Exception = {
  readonly rule: string
  readonly path: string
  readonly reason: string
}

/** One that is no longer needed fails the check. */
export const exceptions: readonly Exception[] = [
  {
    rule: 'environment',
    path: 'platform/src/servers/install.ts',
    reason: 'where programs lie is what it is asked, and package managers need the environment',
  },
  {
    rule: 'environment',
    path: 'local/bootstrap.mjs',
    reason: 'it runs before anything is installed, and passes on the environment it was given',
  },
  {
    rule: 'escape-from-types',
    path: 'acceptance/client.ts',
    reason: 'a body is whatever came over HTTP; a test states what it should be by expecting it',
  },
  {
    rule: 'connects',
    path: 'gateway/src/limits/redis-counter.ts',
    reason: 'the adapter of the port Counter; main.ts alone creates it',
  },
  {
    rule: 'connects',
    path: 'services/auth/src/mail.ts',
    reason: 'the adapter of the port for mail; main.ts alone creates it',
  },
  {
    rule: 'connects',
    path: 'services/auth/test/auth-process.ts',
    reason: 'it looks into the test database for the tests beside it',
  },
  {
    rule: 'escape-from-types',
    path: 'services/auth/test/auth-process.ts',
    reason: 'a body is whatever came over HTTP; a test states what it should be by expecting it',
  },
  {
    rule: 'node-env',
    path: 'checks/module-rules.ts',
    reason: 'the rule has to name what it looks for',
  },
]
