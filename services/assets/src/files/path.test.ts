import { describe, expect, it } from 'vitest'
import { parseEntryPath, parsePath } from './path.ts'

describe('a path is refused by the rule that it breaks', () => {
  it.each([
    ['..', 'dot-segment'],
    ['a/../b', 'dot-segment'],
    ['a/..', 'dot-segment'],
    ['.', 'dot-segment'],
    ['a/./b', 'dot-segment'],
    ['/a', 'empty-segment'],
    ['a/', 'empty-segment'],
    ['a//b', 'empty-segment'],
    ['a\nb', 'control-character'],
    ['a\u0000', 'control-character'],
    ['a\u0085', 'control-character'],
    ['gpj.\u202Eexe', 'control-character'],
    ['a\u200Bb', 'control-character'],
    ['\uFEFFa', 'control-character'],
    ['a\\..\\b', 'backslash'],
    ['%2e%2e/b', 'double-encoding'],
    ['a%2Fb', 'double-encoding'],
    ['a%5cb', 'double-encoding'],
    ['a%00', 'double-encoding'],
    ['%252e', 'double-encoding'],
    [' a', 'edge-space'],
    ['a/b ', 'edge-space'],
    ['a\u00A0', 'edge-space'],
    ['x'.repeat(256), 'name-too-long'],
    ['ż'.repeat(128), 'name-too-long'],
    [Array.from({ length: 33 }, () => 'a').join('/'), 'too-deep'],
    [Array.from({ length: 6 }, () => 'x'.repeat(200)).join('/'), 'path-too-long'],
  ])('%j: %s', (path, code) => {
    expect(() => parsePath(path)).toThrow(
      expect.objectContaining({
        code: 'validation-failed',
        extensions: { errors: [expect.objectContaining({ pointer: '/params/path', code })] },
      }),
    )
  })

  it('the top, where it cannot be meant', () => {
    expect(() => parseEntryPath('', '/to')).toThrow(
      expect.objectContaining({
        extensions: { errors: [expect.objectContaining({ pointer: '/to', code: 'root' })] },
      }),
    )
  })
})

describe('a path is the names that lead to an entry', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a/b c/d.txt', ['a', 'b c', 'd.txt']],
    ['...', ['...']],
    ['.hidden/..a', ['.hidden', '..a']],
    ['100% sure', ['100% sure']],
    ['日記/😀', ['日記', '😀']],
    ['C:/x', ['C:', 'x']],
    ['x'.repeat(255), ['x'.repeat(255)]],
  ])('%j', (path, names) => {
    expect(parsePath(path)).toEqual(names)
  })

  it('in one form, however it was typed', () => {
    expect(parsePath('Z\u0307o\u0301\u0142c')).toEqual(parsePath('\u017B\u00F3\u0142c'))
  })
})
