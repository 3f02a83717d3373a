import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, normalize } from 'node:path/posix'
import { type SourceFile, isProduction, isTest, parse, root } from './source-tree.ts'

/**
 * What each part may import of ours besides itself: contracts ← platform ← everything that runs.
 * A part that is not named here may import nothing.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  platform: ['contracts'],
  'services/*': ['contracts', 'platform'],
  gateway: ['contracts', 'platform'],
  cli: ['contracts', 'platform'],
  local: ['contracts', 'platform'],
  acceptance: ['contracts'],
  bench: ['contracts', 'platform'],
  faults: ['contracts', 'platform'],
  checks: [],
}

/** Of the platform, what only tests, the local start and the measurements may use. */
const notInProduction = ['testkit', 'servers']
const mayUseServers = ['local', 'bench', 'faults', 'platform', 'cli']

/** Why this file may not import this, or undefined when it may. */
export function importFault(file: SourceFile, specifier: string): string | undefined {
  const from = partOf(file.path)
  if (specifier.startsWith('.')) return relativeFault(file, specifier)
  if (isBuiltin(specifier)) {
    return specifier.startsWith('node:')
      ? undefined
      : `"${specifier}" is written "node:${specifier}"`
  }
  const name = packageName(specifier)
  if (!name.startsWith('@atrium/')) return undeclaredFault(file, name)
  const to = name.slice('@atrium/'.length)
  const allowed = mayImport[from.startsWith('services/') ? 'services/*' : from] ?? []
  if (!allowed.includes(to)) return `${from} may not import ${name}`
  if (!specifier.endsWith('.ts')) return `"${specifier}" does not name a file with its ending`
  const folder = specifier.split('/')[2] ?? ''
  const servesTests = isTest(file) || file.path.includes('/test/')
  if (notInProduction.includes(folder) && !servesTests && !mayUseServers.includes(from)) {
    return `${name}/${folder} is not for production code`
  }
  return undeclaredFault(file, name)
}

/** Every import, re-export and literal dynamic import of a file, with its faults. */
export function importFaults(file: SourceFile): string[] {
  const { module } = parse(file)
  const specifiers = [
    ...module.staticImports.map((each) => each.moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const literal = /^(['"])(.*)\1$/.exec(file.text.slice(start, end))
      return literal?.[2] ?? []
    }),
  ]
  return specifiers.flatMap((specifier) => {
    const fault = importFault(file, specifier)
    return fault === undefined ? [] : [`${file.path}: ${fault}`]
  })
}

function relativeFault(file: SourceFile, specifier: string) {
  const target = normalize(join(dirname(file.path), specifier))
  if (!/\.(ts|mjs|json)$/.test(specifier)) return `"${specifier}" does not name a file`
  if (partOf(target) === partOf(file.path)) return undefined
  return `"${specifier}" leaves ${partOf(file.path)} by a relative path`
}

function undeclaredFault(file: SourceFile, name: string) {
  const own = partOf(file.path)
  const declared = [...dependenciesOf(own), ...(isProduction(file) ? [] : dependenciesOf('.'))]
  return declared.includes(name) ? undefined : `${own}/package.json does not name ${name}`
}

function dependenciesOf(part: string): string[] {
  try {
    const text = readFileSync(join(root, part, 'package.json'), 'utf8')
    const { dependencies = {}, devDependencies = {} } = JSON.parse(text) as {
      dependencies?: Record<string, string>
      devDependencies?: Record<string, string>
    }
    return Object.keys({ ...dependencies, ...devDependencies })
  } catch {
    return [] // a folder that is no package
  }
}

/** `services/auth` of a service's file, else the first folder; `.` of a file at the root. */
function partOf(path: string) {
  const folders = path.split('/').slice(0, -1)
  if (folders[0] === 'services') return folders.slice(0, 2).join('/')
  return folders[0] ?? '.'
}

function packageName(specifier: string) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
