import type { Node } from 'oxc-parser'
import type { CodeRule, Finding } from './rule.ts'
import { type ParsedFile, isTest, lineAt } from './source-tree.ts'

const linesMax = 70
/** A suite is a list of tests, not a function that one reads as a whole. */
const suiteOrTest = /^(describe|it|test|beforeEach|afterEach|beforeAll|afterAll)\b/
const errorLike = /(Error|Rejection)$/

/** Rules on the shape of functions, types and values. */
export const shapeRules: readonly CodeRule[] = [
  {
    name: 'function-length',
    says: `a function fits a screen of ${linesMax} lines`,
    find: (file) =>
      findNodes(file, (node) => {
        if (!isFunction(node) || isSuite(node)) return undefined
        const lines = lineAt(file, node.end) - lineAt(file, node.start) + 1
        return lines > linesMax ? `${lines} lines` : undefined
      }),
  },
  {
    name: 'escape-from-types',
    says: 'no any, no "as unknown as" and no "!" outside decoders',
    find: (file) =>
      findNodes(file, (node) => {
        if (node.type === 'TSAnyKeyword') return 'any'
        if (node.type === 'TSNonNullExpression') return '!'
        const isDouble = node.type === 'TSAsExpression' && node.expression.type === 'TSAsExpression'
        return isDouble ? 'as … as …' : undefined
      }),
  },
  {
    name: 'base-class',
    says: 'no class is a base for reuse; only errors are extended',
    find: (file) =>
      findNodes(file, (node) => {
        if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return undefined
        if (!node.superClass) return undefined
        const name = node.superClass.type === 'Identifier' ? node.superClass.name : 'an expression'
        return errorLike.test(name) ? undefined : `extends ${name}`
      }),
  },
  {
    name: 'spread-into-typed',
    says: 'what has a type is built field by field: a spread could replace the type',
    find(file) {
      if (isTest(file)) return []
      return findNodes(file, (node) => {
        if (node.type !== 'ObjectExpression') return undefined
        const typeAt = node.properties.findIndex(isTypeField)
        const spreadAt = node.properties.findLastIndex(isSpreadOfUnknown)
        return typeAt >= 0 && spreadAt > typeAt ? 'a spread after type' : undefined
      })
    },
  },
  {
    name: 'default-case',
    says: 'a switch over types or states has no default: the compiler finds the forgotten one',
    find: (file) =>
      findNodes(file, (node) => {
        if (node.type !== 'SwitchStatement' || !isDiscriminant(node.discriminant)) return undefined
        return node.cases.some(({ test }) => test === null) ? 'default' : undefined
      }),
  },
  {
    name: 'pure-domain',
    says: 'decide and evolve are pure: time, ids and chance arrive in the command',
    find: (file) => {
      if (!/export (const|function) (decide|evolve)\b/.test(file.text)) return []
      return findNodes(file, (node) => impurity(node))
    },
  },
]

/** What `judge` says of each node of the file, with the line it stands on. */
export function findNodes(
  file: ParsedFile,
  judge: (node: Node, ancestors: readonly Node[]) => string | undefined,
): Finding[] {
  return file.nodes.flatMap(({ node, ancestors }) => {
    const what = judge(node, ancestors)
    return what === undefined ? [] : [{ line: lineAt(file, node.start), what }]
  })
}

/** `Date.now` for a member of a plain name, `` for anything else. */
export function memberName(node: Node): string {
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return ''
  const { property } = node
  if (property.type === 'Identifier') return `${node.object.name}.${property.name}`
  return ''
}

export function calledName(node: Node): string {
  if (node.type !== 'CallExpression') return ''
  return node.callee.type === 'Identifier' ? node.callee.name : memberName(node.callee)
}

function isFunction(node: Node) {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  )
}

function isSuite(node: Node) {
  const body = 'body' in node ? node.body : undefined
  if (!body || Array.isArray(body) || body.type !== 'BlockStatement') return false
  return body.body.some(
    (statement) =>
      statement.type === 'ExpressionStatement' &&
      suiteOrTest.test(calledName(statement.expression)),
  )
}

function isTypeField(property: Node) {
  return (
    property.type === 'Property' &&
    property.key.type === 'Identifier' &&
    property.key.name === 'type' &&
    property.value.type === 'Literal'
  )
}

/** A spread of something built elsewhere; one of a literal shows its fields in place. */
function isSpreadOfUnknown(property: Node) {
  return (
    property.type === 'SpreadElement' &&
    ['Identifier', 'MemberExpression', 'CallExpression'].includes(property.argument.type)
  )
}

function isDiscriminant(node: Node) {
  return /\.(type|status|kind)$/.test(memberName(node))
}

function impurity(node: Node) {
  if (node.type === 'AwaitExpression') return 'await'
  const name = calledName(node)
  if (['Date.now', 'Math.random', 'randomUUID', 'crypto.randomUUID'].includes(name)) return name
  const isClock =
    node.type === 'NewExpression' &&
    node.callee.type === 'Identifier' &&
    node.callee.name === 'Date' &&
    node.arguments.length === 0
  return isClock ? 'new Date()' : undefined
}
