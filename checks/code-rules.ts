import { commentRules } from './comment-rules.ts'
import { limitRules } from './limit-rules.ts'
import { moduleRules } from './module-rules.ts'
import type { CodeRule } from './rule.ts'
import { shapeRules } from './shape-rules.ts'
import { testRules } from './test-rules.ts'

/** Rules on code, for every file that parses. */
export const codeRules: readonly CodeRule[] = [
  ...shapeRules,
  ...moduleRules,
  ...limitRules,
  ...testRules,
  ...commentRules,
]
