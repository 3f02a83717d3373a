import { describe, expect, it } from 'vitest'
import { codeRules } from './code-rules.ts'
import { exceptions } from './exceptions.ts'
import { fileRules } from './file-rules.ts'
import type { Rule } from './rule.ts'
import { type SourceFile, isParsed, parse, readSourceTree } from './source-tree.ts'

const tree = readSourceTree()
const parsed = tree.filter(isParsed).map(parse)
const isExcepted = (rule: string, path: string) =>
  exceptions.some((exception) => exception.rule === rule && exception.path === path)

function findings<File extends SourceFile>(rule: Rule<File>, files: readonly File[]) {
  return files.flatMap((file) =>
    rule.find(file).map(({ line, what }) => ({ path: file.path, line, what })),
  )
}

/** Where a rule is broken, as `path:line what`, but for what is excepted. */
function faults<File extends SourceFile>(rule: Rule<File>, files: readonly File[]) {
  return findings(rule, files)
    .filter(({ path }) => !isExcepted(rule.name, path))
    .map(({ path, line, what }) => `${path}:${line} ${what}`)
}

describe('in this house', () => {
  it.each(fileRules.map((rule) => [rule.says, rule] as const))('%s', (_, rule) => {
    expect(faults(rule, tree)).toEqual([])
  })

  it.each(codeRules.map((rule) => [rule.says, rule] as const))('%s', (_, rule) => {
    expect(faults(rule, parsed)).toEqual([])
  })

  it('every exception is needed, and gives its reason', () => {
    const broken = [
      ...fileRules.flatMap((rule) => findings(rule, tree).map(({ path }) => [rule.name, path])),
      ...codeRules.flatMap((rule) => findings(rule, parsed).map(({ path }) => [rule.name, path])),
    ].map((pair) => pair.join(' '))
    const idle = exceptions.filter(({ rule, path }) => !broken.includes(`${rule} ${path}`))
    expect(idle).toEqual([])
    expect(exceptions.filter(({ reason }) => reason.trim() === '')).toEqual([])
  })
})
