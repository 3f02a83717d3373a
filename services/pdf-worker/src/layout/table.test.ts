import { describe, expect, it } from 'vitest'
import { box, drawnLines, halfEm, style, table, written } from '../../test/widgets.ts'
import { layOut, partOf } from './lay-out.ts'

const place = box(0, 0, 200, 200)
const lay = (given: Parameters<typeof table>[0] = {}) =>
  layOut(table({ box: place, ...given }), halfEm)
const fills = (given: Parameters<typeof table>[0]) =>
  lay(given).flatMap((mark) =>
    mark.kind === 'fill' && mark.shape.kind === 'rectangle' ? [[mark.color, mark.shape.box.y]] : [],
  )

describe('table', () => {
  it('stands at the top of its box, the header first', () => {
    const [head, , first] = written(lay())
    expect(head).toEqual({ text: 'Head', x: 4, y: (24 + 10) / 2 })
    expect(first).toEqual({ text: 'a', x: 4, y: 24 + (24 + 10) / 2 })
  })

  it('has columns as wide as their shares, and parts that count the header', () => {
    const shared = table({ box: place, columnWidths: [0.25, 0.75] })
    expect(partOf(shared, 3)).toEqual(box(50, 24, 150, 24))
  })

  it('aligns its texts', () => {
    const marks = written(lay({ style: style({ size: 10, textAlign: 'right' }) }))
    expect(marks[0]).toMatchObject({ text: 'Head', x: 100 - 4 - 20 })
  })

  it('writes the header in its own colour where texts do not wrap', () => {
    const color = (textWrap: boolean) =>
      lay({ textWrap }).find((mark) => mark.kind === 'text' && mark.text === 'Head')
    expect(color(false)).toMatchObject({ color: '#222222' })
    expect(color(true)).toMatchObject({ color: '#000000' })
  })

  it('paints header and rows in turn, the even row first', () => {
    const zebra = { even: '#FFFFFF', odd: '#F8F8F8' }
    expect(fills({ zebra })).toEqual([
      ['#F0F0F0', 0],
      ['#FFFFFF', 24],
      ['#F8F8F8', 48],
    ])
    expect(fills({ zebra, hasHeader: false })[0]).toEqual(['#FFFFFF', 0])
  })

  it('has all borders, outer or none, or the inner lines one way', () => {
    const count = (borderStyle: 'all' | 'none' | 'outer' | 'horizontal' | 'vertical') =>
      drawnLines(lay({ borderStyle })).length
    expect(count('all')).toBe(2 + 1 + 4)
    expect(count('outer')).toBe(4)
    expect(count('none')).toBe(0)
    expect(drawnLines(lay({ borderStyle: 'horizontal' }))).toEqual([
      [0, 24, 200, 24],
      [0, 48, 200, 48],
    ])
    expect(drawnLines(lay({ borderStyle: 'vertical' }))).toEqual([[100, 0, 100, 72]])
  })
})

describe('a wrapped cell', () => {
  const cell = (text: string, given: Parameters<typeof table>[0] = {}) =>
    written(
      lay({ cells: [[text, '']], hasHeader: false, textWrap: true, borderStyle: 'none', ...given }),
    )

  it('breaks its text, and spills over', () => {
    const marks = cell('one two three four five six seven')
    expect(marks.map(({ text }) => text)).toEqual(['one two three four', 'five six seven'])
    expect((marks[1]?.y ?? 0) - (marks[0]?.y ?? 0)).toBeCloseTo(12)
  })

  it('counts only its own newlines for the most lines', () => {
    expect(cell('a\nb\nc').map(({ text }) => text)).toEqual(['a', 'b'])
  })

  it('reads <b>', () => {
    const marks = lay({
      cells: [['is <b>bold</b>ly so', '']],
      hasHeader: false,
      textWrap: true,
      borderStyle: 'none',
    })
    expect(marks.map((mark) => (mark.kind === 'text' ? [mark.text, mark.font] : []))).toEqual([
      ['is', 'Helvetica'],
      [' bold', 'Helvetica-Bold'],
      ['ly so', 'Helvetica'],
    ])
  })
})
