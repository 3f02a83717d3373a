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
  /** Every node of the program, each before those inside it. */
  readonly nodes: readonly PlacedNode[]
  readonly module: EcmaScriptModule
  readonly comments: readonly Comment[]
}

export type PlacedNode = {
  readonly node: Node
  /** The nodes it lies in, the nearest last. */
  readonly ancestors: readonly Node[]
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
  return { path, text, program, nodes: placeNodes(program, []), module, comments }
}

/** The line on which a position stands, from 1. */
export function lineAt({ text }: SourceFile, position: number) {
  return text.slice(0, position).split('\n').length
}

export const isTest = ({ path }: SourceFile) => path.endsWith('.test.ts')

/** Code that runs where Atrium runs; the rest tests, measures, breaks or checks it. */
export function isProduction(file: SourceFile) {
  const isForTests = /(^|\/)(test|testkit|conformance|acceptance|bench|faults|checks)[/.]/
  return file.path.includes('/') && !isTest(file) && !isForTests.test(file.path)
}

function placeNodes(node: Node, ancestors: readonly Node[]): PlacedNode[] {
  const below = [...ancestors, node]
  const inside = (visitorKeys[node.type] ?? []).flatMap((key) => {
    const value: unknown = Reflect.get(node, key)
    return Array.isArray(value) ? (value as unknown[]) : [value]
  })
  return [
    { node, ancestors },
    ...inside.filter(isNode).flatMap((child) => placeNodes(child, below)),
  ]
}

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
