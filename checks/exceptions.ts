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
    path: 'platform/src/servers/install-nats.ts',
    reason: 'where programs lie is what it is asked, and package managers need the environment',
  },
  {
    rule: 'environment',
    path: 'platform/src/testkit/global-setup.ts',
    reason: 'it stands where main.ts stands in a service, and has two variables',
  },
  {
    rule: 'environment',
    path: 'local/bootstrap.mjs',
    reason: 'it runs before anything is installed, and passes on the environment it was given',
  },
]
