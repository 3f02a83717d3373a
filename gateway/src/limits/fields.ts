import { isOver, type Standing } from './counter.ts'
import type { Policy } from './policy.ts'

// draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4: Structured Field lists of strings with
// the parameters q (quota), w (window in seconds), r (what is left) and t (seconds until it is
// whole).

export const policyField = 'ratelimit-policy'
export const standingField = 'ratelimit'

/** `"read-user";q=1200;w=60,"read-tenant";q=60000;w=60` */
export const policyFieldOf = (policies: readonly Policy[]) =>
  policies
    .map(({ name, limit, windowMs }) => `"${name}";q=${limit};w=${windowMs / 1_000}`)
    .join(',')

/** `"read-user";r=1199;t=60` for the limit that is nearest, or the one that is exceeded. */
export function standingFieldOf(standings: readonly Standing[]) {
  let nearest: Standing | undefined
  for (const standing of standings) {
    if (isOver(standing)) return format(standing)
    if (!nearest || shareLeft(standing) < shareLeft(nearest)) nearest = standing
  }
  return nearest ? format(nearest) : undefined
}

const shareLeft = ({ policy, used }: Standing) => (policy.limit - used) / policy.limit

const format = (standing: Standing) => {
  const left = Math.max(0, standing.policy.limit - standing.used)
  return `"${standing.policy.name}";r=${left};t=${secondsLeft(standing)}`
}

/** Never 0 while the window runs, and never earlier than its end. */
export const secondsLeft = ({ resetsInMs }: Standing) => Math.max(1, Math.ceil(resetsInMs / 1_000))
