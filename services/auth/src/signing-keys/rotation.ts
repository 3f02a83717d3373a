/*
 * When keys come and go. A key is published for a while before it signs, so that verifiers have it,
 * and after it was replaced until its last token has expired.
 */

export interface RotationTimes {
  readonly rotationMs: number
  readonly tokenMs: number
}

const leadMsMax = 10 * 60_000
const clockSkewMs = 60_000

/** How long a key is published before it signs. */
export const leadMsOf = ({ rotationMs }: RotationTimes) => Math.min(leadMsMax, rotationMs / 2)

/**
 * How long a verifier may keep the keys that it was given: half of the lead, so that it asks in
 * time.
 */
export const jwksMaxAgeSeconds = (times: RotationTimes) => Math.floor(leadMsOf(times) / 2_000)

/** How often each replica looks for keys that another one made. */
export const reloadMsOf = (times: RotationTimes) => Math.min(60_000, leadMsOf(times) / 4)

export interface KeyTimes {
  readonly kid: string
  /** ms. */
  readonly signsFrom: number
}

export interface RotationPlan {
  /** When the key that is to be made now will sign; undefined for none. */
  readonly signsFrom: number | undefined
  readonly expired: readonly string[]
}

/** `keys` by `signsFrom`, all times in ms. */
export function planRotation(
  keys: readonly KeyTimes[],
  now: number,
  times: RotationTimes,
): RotationPlan {
  const newest = keys.at(-1)
  const expired = keys.filter((_key, index) => {
    const successor = keys[index + 1]
    return successor && successor.signsFrom + times.tokenMs + clockSkewMs < now
  })
  return { signsFrom: nextFrom(newest, now, times), expired: expired.map(({ kid }) => kid) }
}

function nextFrom(newest: KeyTimes | undefined, now: number, times: RotationTimes) {
  if (!newest) return now
  const due = newest.signsFrom + times.rotationMs
  const leadMs = leadMsOf(times)
  return now < due - leadMs ? undefined : Math.max(due, now + leadMs)
}

/** The key that signs at a time, if any does yet. */
export const signingAt = <Key extends KeyTimes>(keys: readonly Key[], now: number) =>
  keys.findLast(({ signsFrom }) => signsFrom <= now) ?? keys[0]
