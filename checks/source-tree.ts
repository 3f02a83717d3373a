import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Comment, type EcmaScriptModule, type Node, parseSync, visitorKeys } from 'oxc-parser'

/** A file of this repository; its path is relative to the root, with slashes. */
export type SourceFile = {
  readonly path: string
  readonly text: string
}

export type ParsedFile = SourceFile & {
  readonly program: Node
  readonly module: EcmaScriptModule
  readonly comments: readonly Comment[]
}

export const root = join(import.meta.dirname, '..')

const codeEndings = /\.(ts|mts|mjs|js|sql|sh)$/
const parsedEndings = /\.(ts|mts|mjs)$/

/** Every file of code, whether committed or not; nothing that was installed or generated. */
export function readSourceTree(): SourceFile[] {
  return listFiles('')
    .filter((path) => codeEndings.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

export const isParsed = ({ path }: SourceFile) => parsedEndings.test(path)

export function parse({ path, text }: SourceFile): ParsedFile {
  const { program, module, comments, errors } = parseSync(path, text)
  const [error] = errors
  if (error) throw new Error(`${path} does not parse: ${error.message}`)
  return { path, text, program, module, comments }
}

/** Calls `visit` with every node below `node`, itself first, and with its ancestors, nearest last. */
export function walk(
  node: Node,
  visit: (node: Node, ancestors: readonly Node[]) => void,
  ancestors: readonly Node[] = [],
) {
  visit(node, ancestors)
  const below = [...ancestors, node]
  for (const key of visitorKeys[node.type] ?? []) {
    const value: unknown = Object.entries(node).find(([name]) => name === key)?.[1]
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit, below)
    }
  }
}

/** The line on which a position stands, from 1. */
export function lineAt({ text }: SourceFile, position: number) {
  return text.slice(0, position).split('\n').length
}

export const isTest = ({ path }: SourceFile) => path.endsWith('.test.ts')

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
    return entry.isDirectory() ? listFiles(path) : [path]
  })
}
