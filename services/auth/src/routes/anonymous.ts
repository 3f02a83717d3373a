import type { Cause } from '@atrium/platform/decider/cause.ts'

/**
 * Nobody yet, whatever token the request brought: who it is, the command will show. Whoever asks
 * for somebody else would otherwise be shown that person's events as those that they caused.
 */
export function anonymous({ sessionId: _sessionId, ...cause }: Cause): Cause {
  return { ...cause, actor: {} }
}
