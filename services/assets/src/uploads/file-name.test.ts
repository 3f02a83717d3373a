import { expect, it } from 'vitest'
import { fileNameFrom } from './file-name.ts'

it.each([
  ['cover.png', 'cover.png'],
  ['Zdjęcie z wakacji.jpg', 'Zdjęcie z wakacji.jpg'],
  ['e\u0301te\u0301.pdf', 'été.pdf'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\ada\\plan.pdf', 'plan.pdf'],
  ['..', 'unnamed'],
  ['a/..', 'unnamed'],
  ['', 'unnamed'],
  [undefined, 'unnamed'],
  ['  .hidden. ', 'hidden'],
  ['two\nlines\t.txt', 'twolines.txt'],
  ['gnp.\u202Eexe', 'gnp.exe'],
  ['zero\u200Bwidth\u0000.txt', 'zerowidth.txt'],
  ['a \u00A0  b', 'a b'],
  ['lone \uD800 surrogate', 'lone \uFFFD surrogate'],
])('takes %j as %j', (given, name) => {
  expect(fileNameFrom(given)).toBe(name)
})

it('cuts a long name between characters, and keeps its extension', () => {
  const name = fileNameFrom(`${'ż'.repeat(300)}🌳.jpeg`)
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
  expect(name).toMatch(/^ż+\.jpeg$/)
  expect(fileNameFrom(`a.${'b'.repeat(400)}`)).toHaveLength(255)
})
