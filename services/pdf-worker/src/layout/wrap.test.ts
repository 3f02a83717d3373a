import { expect, it } from 'vitest'
import { wrap } from './wrap.ts'

const letters = (text: string) => text.length
const wrapAt = (room: number, text: string) => wrap(text, 'Helvetica', room, letters)

it('moves words down whole', () => {
  expect(wrapAt(10, 'the quick brown fox')).toEqual(['the quick', 'brown fox'])
})

it('lets a line that fits exactly stand', () => {
  expect(wrapAt(9, 'the quick')).toEqual(['the quick'])
})

it('ends a line where the text does, and keeps empty ones', () => {
  expect(wrapAt(10, 'a\n\nb\r\nc\rd')).toEqual(['a', '', 'b', 'c', 'd'])
})

it('takes several spaces for one', () => {
  expect(wrapAt(20, '  a   b\t c ')).toEqual(['a b c'])
})

it('cuts between letters only a word that is wider than the room', () => {
  expect(wrapAt(5, 'a encyclopaedia b')).toEqual(['a', 'encyc', 'lopae', 'dia b'])
})

it('cuts Japanese, which has no spaces, between characters', () => {
  expect(wrapAt(4, '来週の予定を書く')).toEqual(['来週の予', '定を書く'])
})

it('puts a single letter that is wider than the room on a line of its own', () => {
  expect(wrap('ab', 'Helvetica', 1, () => 5)).toEqual(['a', 'b'])
})
