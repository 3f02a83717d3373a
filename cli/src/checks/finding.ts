import { wordsOf } from '../words-of.ts'

/** What a check found: fine, or what is wrong and what to do about it. */
export interface Finding extends Readonly<Record<string, unknown>> {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
}

/** Runs one check with a limit; what it throws is what is wrong. */
export async function finding(
  check: string,
  work: () => Promise<string>,
  timeoutMs = 15_000,
): Promise<Finding> {
  const limit = AbortSignal.timeout(timeoutMs)
  const overrun = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(new Error(`no answer within ${timeoutMs} ms`)))
  })
  try {
    return { check, ok: true, detail: await Promise.race([work(), overrun]) }
  } catch (error) {
    return { check, ok: false, detail: wordsOf(error) }
  }
}
