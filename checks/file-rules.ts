import { basename } from 'node:path/posix'
import type { FileRule } from './rule.ts'

const linesMax = 400
const columnsMax = 100
/** An address, an import by a long name, and the sentence that names a test. */
const unbreakable = /:\/\/|^(import|export) .* from '|^} from '|^\s*(it|test|describe)\(/
const catchAlls = /^(utils?|common|helpers?|types?|shared|misc|lib)$/
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/

/** Rules on names and text, for every file of code. */
export const fileRules: readonly FileRule[] = [
  {
    name: 'file-length',
    says: `a file is one thought, of at most ${linesMax} lines`,
    find({ text }) {
      const lines = text.trimEnd().split('\n').length
      return lines > linesMax ? [{ line: linesMax + 1, what: `${lines} lines` }] : []
    },
  },
  {
    name: 'line-length',
    says: `a line has at most ${columnsMax} columns, unless it cannot be broken`,
    find: ({ text }) =>
      text.split('\n').flatMap((line, index) => {
        const isTooLong = line.length > columnsMax && !unbreakable.test(line)
        return isTooLong ? [{ line: index + 1, what: `${line.length} columns` }] : []
      }),
  },
  {
    name: 'file-name',
    says: 'files and folders are named in kebab-case',
    find: ({ path }) =>
      nameParts(path)
        .filter((part) => !kebabCase.test(part))
        .map((part) => ({ line: 1, what: `"${part}"` })),
  },
  {
    name: 'catch-all-name',
    says: 'no file or folder is called utils, common, helpers, types or shared',
    find: ({ path }) =>
      nameParts(path)
        .filter((part) => catchAlls.test(part))
        .map((part) => ({ line: 1, what: `"${part}"` })),
  },
  {
    name: 'test-tier',
    says: 'a test names its tier: .test.ts or .int.test.ts',
    find: ({ path }) =>
      /\.(spec|e2e)\.ts$/.test(path) || path.includes('__tests__') ? [{ line: 1, what: path }] : [],
  },
]

/** The folders, and the file without its endings (`main.int.test.ts` is `main`). */
function nameParts(path: string) {
  const [name = ''] = basename(path).split('.')
  return [...path.split('/').slice(0, -1), name]
}
