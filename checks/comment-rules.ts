import type { CodeRule } from './rule.ts'
import { lineAt } from './source-tree.ts'

export const commentRules: readonly CodeRule[] = [
  {
    name: 'unfinished-work',
    says: 'no comment leaves work to somebody: TODO, FIXME, XXX, HACK',
    find: (file) =>
      file.comments
        .filter(({ value }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(value))
        .map(({ start, value }) => ({ line: lineAt(file, start), what: value.trim() })),
  },
  {
    name: 'silenced-compiler',
    says: 'the compiler is never silenced',
    find: (file) =>
      file.comments
        .filter(({ value }) => /@ts-(ignore|expect-error|nocheck)/.test(value))
        .map(({ start, value }) => ({ line: lineAt(file, start), what: value.trim() })),
  },
  {
    name: 'silenced-lint',
    says: 'a lint rule is silenced for one line, by name, with the reason after two dashes',
    find: (file) =>
      file.comments
        .filter(({ value }) => /(oxlint|eslint)-disable/.test(value))
        .filter(({ value }) => !/-disable-(next-)?line \S.* -- \S/.test(value))
        .map(({ start, value }) => ({ line: lineAt(file, start), what: value.trim() })),
  },
]
