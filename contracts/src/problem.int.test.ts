import { globSync, readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { expect, test } from 'vitest'
import { problems } from './problem.ts'

// That no other code is thrown, the compiler sees to: Rejection takes codes of the table alone.
const root = new URL('../../', import.meta.url)
const sources = globSync(['{platform,gateway}/src/**/*.ts', 'services/*/src/**/*.ts'], {
  cwd: root,
}).filter((file) => !file.endsWith('.test.ts') && !file.includes('node_modules'))
const code = sources.map((file) => readFileSync(new URL(file, root), 'utf8')).join('\n')

test.each(Object.keys(problems))('%s is thrown or answered somewhere', (name) => {
  expect(sources.length).toBeGreaterThan(0)
  expect(code).toContain(`'${name}'`)
})

/** That of a checksum that does not fit, by tus 1.0. */
const tusStatuses: readonly number[] = [460]

test('every problem has a status of HTTP or tus, a title, and a code in kebab-case', () => {
  for (const [name, { status, title }] of Object.entries(problems)) {
    const isKnown = STATUS_CODES[status] !== undefined || tusStatuses.includes(status)
    expect(isKnown, name).toBe(true)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(title).not.toBe('')
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
  }
})
