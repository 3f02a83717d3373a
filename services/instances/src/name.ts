import { isReadableName } from '@atrium/platform/readable-name.ts'
import { invalid } from '@atrium/platform/rejection.ts'

export const nameLengthMax = 100

/** The name of an instance or a project, trimmed. Throws Rejection `validation-failed`. */
export function nameFrom(given: string): string {
  const name = given.trim()
  const isShort = Array.from(name).length <= nameLengthMax
  if (isShort && isReadableName(name)) return name
  const detail = isShort
    ? 'must be readable on one line: something to see, and no control characters'
    : `must have 1 to ${nameLengthMax} characters, without the white space around them`
  throw invalid({ pointer: '/name', code: isShort ? 'unreadable' : 'length', detail })
}
