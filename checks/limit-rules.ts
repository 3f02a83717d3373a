import type { Node } from 'oxc-parser'
import type { CodeRule } from './rule.ts'
import { calledName, findNodes } from './shape-rules.ts'
import { isTest } from './source-tree.ts'

const waits = new Set(['setTimeout', 'setInterval', 'AbortSignal.timeout', 'pause', 'delay'])
const ends = /max|limit|deadline|signal|abort|stop|clos|end|done|drain/i
const durations =
  /(^|[a-z])([Tt]imeout|[Dd]elay|[Ii]nterval|[Dd]uration|[Ww]ait|[Pp]ause|[Bb]ackoff|Ttl|Age)$/

/** Every loop, queue, retry, payload and wait has a named limit: it has one anyway. */
export const limitRules: readonly CodeRule[] = [
  {
    name: 'reaction-limits',
    says: 'a reaction names its time and its attempts',
    find: (file) =>
      findNodes(file, (node) => {
        if (calledName(node) !== 'defineReaction' || node.type !== 'CallExpression')
          return undefined
        const [definition] = node.arguments
        if (definition?.type !== 'ObjectExpression') return 'not declared in place'
        const missing = ['timeoutMs', 'attemptsMax'].filter((name) => !hasField(definition, name))
        return missing.length > 0 ? `without ${missing.join(' and ')}` : undefined
      }),
  },
  {
    name: 'endless-loop',
    says: 'a loop without a condition names what ends it',
    find: (file) =>
      findNodes(file, (node) => {
        const isEndless =
          (node.type === 'ForStatement' && !node.test) ||
          (node.type === 'WhileStatement' && node.test.type === 'Literal')
        if (!isEndless) return undefined
        return ends.test(file.text.slice(node.start, node.end)) ? undefined : 'without an end'
      }),
  },
  {
    name: 'unnamed-wait',
    says: 'a wait is a named constant, with its unit',
    find(file) {
      if (isTest(file)) return []
      return findNodes(file, (node) => {
        if (node.type !== 'CallExpression' || !waits.has(calledName(node))) return undefined
        const figure = node.arguments.find(
          (argument) => argument.type === 'Literal' && typeof argument.value === 'number',
        )
        return figure ? file.text.slice(figure.start, figure.end) : undefined
      })
    },
  },
  {
    name: 'unit-in-name',
    says: 'a duration says its unit at the end of its name: timeoutMs',
    find: (file) =>
      findNodes(file, (node) => {
        const name = nameOfFigure(node)
        return name !== undefined && durations.test(name) ? name : undefined
      }),
  },
]

function hasField(definition: Node, name: string) {
  if (definition.type !== 'ObjectExpression') return false
  return definition.properties.some(
    (property) =>
      property.type === 'Property' &&
      property.key.type === 'Identifier' &&
      property.key.name === name,
  )
}

/** The name that is given to a literal number; the names of options are often others' choice. */
function nameOfFigure(node: Node) {
  if (node.type !== 'VariableDeclarator' || node.id.type !== 'Identifier') return undefined
  const isFigure = node.init?.type === 'Literal' && typeof node.init.value === 'number'
  return isFigure ? node.id.name : undefined
}
