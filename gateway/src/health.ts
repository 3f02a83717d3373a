import type { Health } from '@atrium/platform/http/operations.ts'

const timeoutMs = 2_000

/** A service as the gateway sees it: its own readiness, asked now. */
export interface ServiceHealth {
  readonly name: string
  readonly url: string
}

export interface WholeHealth {
  readonly status: 'up' | 'down'
  readonly parts: Readonly<Record<string, 'up' | 'down'>>
}

/** Asks every service's readiness and every dependency of the gateway itself, side by side. */
export async function askHealth(
  services: readonly ServiceHealth[],
  dependencies: Health,
): Promise<WholeHealth> {
  const asked = [
    ...services.map(async ({ name, url }) => [name, await isReady(url)] as const),
    ...Object.entries(dependencies).map(
      async ([name, check]) => [name, await holds(check)] as const,
    ),
  ]
  const states = await Promise.all(asked)
  return {
    status: states.every(([, up]) => up) ? 'up' : 'down',
    parts: Object.fromEntries(states.map(([name, up]) => [name, up ? 'up' : 'down'])),
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/readyz', url), {
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

async function holds(check: Health[string]): Promise<boolean> {
  const overrun = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => overrun.resolve(false), timeoutMs)
  try {
    return await Promise.race([check(), overrun.promise])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
