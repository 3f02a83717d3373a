import type { Node } from 'oxc-parser'
import type { CodeRule } from './rule.ts'
import { calledName, findNodes, memberName } from './shape-rules.ts'
import { type SourceFile, isTest, lineAt } from './source-tree.ts'

/** Drivers also bring types and pure functions; these names of theirs connect. */
const connecting = new Set(['connect', 'Client', 'Pool'])
const reaches = /^(node:(fs|net|http|https|child_process|dgram|tls)(\/|$)|undici$)/

export const testRules: readonly CodeRule[] = [
  {
    name: 'left-out-test',
    says: 'no test runs alone, and one that cannot run says in its name why it was left out',
    find(file) {
      if (!isTest(file)) return []
      return findNodes(file, (node, ancestors) => {
        const name = memberName(node)
        if (!/^(it|test|describe|suite)\.(only|skip|todo|fails)$/.test(name)) return undefined
        return name.endsWith('.skip') && saysWhy(file, ancestors.at(-1)) ? undefined : name
      })
    },
  },
  {
    name: 'sleep-in-test',
    says: 'a test waits for a condition with a limit, and never sleeps',
    find(file) {
      if (!isTest(file)) return []
      const sleeps = file.module.staticImports
        .filter(({ moduleRequest }) => moduleRequest.value === 'node:timers/promises')
        .map(({ start }) => ({ line: lineAt(file, start), what: 'node:timers/promises' }))
      const promises = findNodes(file, (node, ancestors) => {
        const isTimer = calledName(node) === 'setTimeout'
        return isTimer && ancestors.slice(-nearby).some(isPromise) ? 'setTimeout' : undefined
      })
      return [...sleeps, ...promises]
    },
  },
  {
    name: 'tier-reaches-out',
    says: 'a .test.ts does no input or output: that is for .int.test.ts',
    find(file) {
      const isUnit = isTest(file) && !/\.int\.test\.ts$|^(acceptance|checks)\//.test(file.path)
      if (!isUnit) return []
      return file.module.staticImports
        .filter(({ moduleRequest, entries }) => {
          const names = entries
            .filter(({ isType }) => !isType)
            .map(({ importName }) => importName.name)
          return (
            reaches.test(moduleRequest.value) || names.some((name) => connecting.has(name ?? ''))
          )
        })
        .map(({ start, moduleRequest }) => ({
          line: lineAt(file, start),
          what: moduleRequest.value,
        }))
    },
  },
]

/** `new Promise((resolve) => setTimeout(resolve, 10))`, with or without a block. */
const nearby = 4

function saysWhy(file: SourceFile, call: Node | undefined) {
  const title = call?.type === 'CallExpression' ? call.arguments[0] : undefined
  return title !== undefined && /was left out: /.test(file.text.slice(title.start, title.end))
}

function isPromise(node: Node) {
  return (
    node.type === 'NewExpression' &&
    node.callee.type === 'Identifier' &&
    node.callee.name === 'Promise'
  )
}
