import { describe, expect, it } from 'vitest'
import { codeRules } from './code-rules.ts'
import { fileRules } from './file-rules.ts'
import { parse } from './source-tree.ts'

/** For each rule: what breaks it, and what comes near without breaking it. */
const cases: readonly [rule: string, path: string, breaks: string, keeps: string][] = [
  ['function-length', 'a.ts', `const f = () => {${'\n'.repeat(70)}}`, `const f = () => {\n}`],
  ['function-length', 'a.ts', body('call()', 70), body(`describe('x', () => {})`, 70)],
  ['escape-from-types', 'a.ts', 'const a = b as unknown as C', 'const a = b as C'],
  ['escape-from-types', 'a.ts', 'const a = b!.c', 'const a = b?.c'],
  ['escape-from-types', 'a.ts', 'let a: any', `const a = 'any'`],
  ['base-class', 'a.ts', 'class A extends Base {}', 'class A extends Error {}'],
  ['spread-into-typed', 'a.ts', `f({ type: 'X', ...body })`, `f({ ...body, type: 'X' })`],
  ['spread-into-typed', 'a.ts', `f({ type: 'X', ...request.body })`, `f({ type: 'X', ...{ a } })`],
  ['default-case', 'a.ts', 'switch (e.type) { default: }', 'switch (n) { default: }'],
  ['pure-domain', 'a.ts', domain('Date.now()'), domain('command.at')],
  ['pure-domain', 'a.ts', domain('new Date()'), domain('new Date(command.at)')],
  ['environment', 'platform/src/a.ts', 'f(process.env)', 'f(process.pid)'],
  ['node-env', 'a.ts', `f(env['NODE_ENV'])`, `f(env['NODE'])`],
  [
    'connects',
    'services/a/src/b.ts',
    `import { Pool } from 'pg'`,
    `import type { Pool } from 'pg'`,
  ],
  ['import-does-nothing', 'platform/src/a.ts', 'listen()', 'export const a = f()'],
  ['import-does-nothing', 'platform/src/a.ts', 'let counter = 0', 'const table = new Map()'],
  [
    'reaction-limits',
    'a.ts',
    'export const r = defineReaction({ timeoutMs: 1 })',
    'export const r = defineReaction({ timeoutMs: 1, attemptsMax: 2 })',
  ],
  ['endless-loop', 'a.ts', 'for (;;) f()', 'for (;;) if (signal.aborted) break'],
  ['endless-loop', 'a.ts', 'while (true) f()', 'while (more) f()'],
  ['unnamed-wait', 'a.ts', 'setTimeout(f, 5000)', 'setTimeout(f, retryMs)'],
  ['unit-in-name', 'a.ts', 'const retryDelay = 5', 'const retryDelayMs = 5, page = 1'],
  ['left-out-test', 'a.test.ts', `it.only('x', f)`, `it('x', f)`],
  ['left-out-test', 'a.test.ts', `it.skip('x', f)`, 'it.skip(`x was left out: ${why}`, f)'],
  [
    'sleep-in-test',
    'a.test.ts',
    'await new Promise((resolve) => setTimeout(resolve, 10))',
    'const limit = setTimeout(() => child.kill(), limitMs)',
  ],
  ['tier-reaches-out', 'a.test.ts', `import 'node:fs'`, `import 'node:path'`],
  [
    'tier-reaches-out',
    'a.test.ts',
    `import { connect } from 'nats'`,
    `import { headers } from 'nats'`,
  ],
  ['unfinished-work', 'a.ts', '// TODO later', '// to do so'],
  ['silenced-compiler', 'a.ts', '// @ts-ignore', '// ts'],
  ['silenced-lint', 'a.ts', '// oxlint-disable a', '// oxlint-disable-line a -- because'],
  ['file-length', 'a.ts', '\n'.repeat(400) + 'x', '\n'.repeat(399) + 'x'],
  ['line-length', 'a.ts', 'x'.repeat(101), `${'x'.repeat(100)}\n// https://${'x'.repeat(100)}`],
]

const names: readonly [rule: string, breaks: string, keeps: string][] = [
  ['file-name', 'a/snakeCase.ts', 'a/kebab-case.int.test.ts'],
  ['catch-all-name', 'a/utils/x.ts', 'a/x.ts'],
  ['catch-all-name', 'a/types.ts', 'a/event-types.ts'],
  ['test-tier', 'a/x.spec.ts', 'a/x.test.ts'],
]

function body(statement: string, lines: number) {
  return `function f() {\n${statement}${'\n'.repeat(lines)}}`
}

function domain(expression: string) {
  return `export const decide = (command) => ${expression}`
}

function find(rule: string, path: string, text: string) {
  const onCode = codeRules.find(({ name }) => name === rule)
  if (onCode) return onCode.find(parse({ path, text }))
  const onFile = fileRules.find(({ name }) => name === rule)
  if (!onFile) throw new Error(`there is no rule ${rule}`)
  return onFile.find({ path, text })
}

describe('a rule finds what breaks it, and nothing else', () => {
  it.each(cases)('%s', (rule, path, breaks, keeps) => {
    expect(find(rule, path, breaks)).not.toEqual([])
    expect(find(rule, path, keeps)).toEqual([])
  })

  it.each(names)('%s: %s', (rule, breaks, keeps) => {
    expect(find(rule, breaks, '')).not.toEqual([])
    expect(find(rule, keeps, '')).toEqual([])
  })

  it('and each rule has a case here', () => {
    const tried = new Set([...cases, ...names].map(([rule]) => rule))
    expect([...codeRules, ...fileRules].filter(({ name }) => !tried.has(name))).toEqual([])
  })
})
