import { basename } from 'node:path/posix'
import type { Node } from 'oxc-parser'
import type { CodeRule, Finding } from './rule.ts'
import { findNodes, memberName } from './shape-rules.ts'
import { type ParsedFile, isProduction, isTest, lineAt } from './source-tree.ts'

/** Programs that are run, and configuration that a tool loads: there, importing is doing. */
const entryPoints = /(^|\/)(main|start|check|generate)\.ts$|-process\.ts$|\.mjs$|\.config\.ts$/
const drivers = new Set(['pg', 'nats', 'ioredis', 'nodemailer', '@eventstore/db-client'])
const connectors = /^(services\/[^/]+|gateway)\/src\/main\.ts$/

/** Rules on what a module does by itself, and what it reaches. */
export const moduleRules: readonly CodeRule[] = [
  {
    name: 'environment',
    says: 'of what runs in production, only config.ts reads the environment',
    find(file) {
      if (basename(file.path) === 'config.ts' || !isProduction(file)) return []
      return findNodes(file, (node) =>
        memberName(node) === 'process.env' ? 'process.env' : undefined,
      )
    },
  },
  {
    name: 'node-env',
    says: 'nothing hangs on NODE_ENV',
    find: (file) =>
      findNodes(file, (node) => {
        const isName = node.type === 'Identifier' && node.name === 'NODE_ENV'
        const isText = node.type === 'Literal' && node.value === 'NODE_ENV'
        return isName || isText ? 'NODE_ENV' : undefined
      }),
  },
  {
    name: 'connects',
    says: 'in services and the gateway only main.ts loads a driver; others import its types',
    find(file) {
      const isOurs = /^(services|gateway)\//.test(file.path)
      if (!isOurs || connectors.test(file.path) || isTest(file)) return []
      return file.module.staticImports
        .filter(({ moduleRequest }) => drivers.has(moduleRequest.value))
        .filter(({ entries }) => entries.some(({ isType }) => !isType))
        .map(({ start, moduleRequest }) => ({
          line: lineAt(file, start),
          what: moduleRequest.value,
        }))
    },
  },
  {
    name: 'import-does-nothing',
    says: 'importing a module does nothing: no call, no loop and no variable stands at its top',
    find(file) {
      if (entryPoints.test(file.path) || !isProduction(file)) return []
      return topLevel(file).flatMap((statement): Finding[] => {
        const what = deed(statement)
        return what === undefined ? [] : [{ line: lineAt(file, statement.start), what }]
      })
    },
  },
]

function topLevel({ program }: ParsedFile): readonly Node[] {
  return program.type === 'Program' ? program.body : []
}

function deed(statement: Node): string | undefined {
  const inner =
    statement.type === 'ExportNamedDeclaration' && statement.declaration
      ? statement.declaration
      : statement
  if (inner.type === 'VariableDeclaration') {
    if (inner.kind !== 'const') return inner.kind
    return inner.declarations.some(({ init }) => init?.type === 'AwaitExpression')
      ? 'await'
      : undefined
  }
  const isDeed = /^(Expression|For|ForOf|ForIn|While|DoWhile|If|Try|Switch)Statement$/
  return isDeed.test(inner.type) ? inner.type : undefined
}
