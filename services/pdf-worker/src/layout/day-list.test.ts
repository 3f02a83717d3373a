import { describe, expect, it } from 'vitest'
import { box, dayList, drawnLines, halfEm, style, written } from '../../test/widgets.ts'
import { layOut, partOf } from './lay-out.ts'

const lay = (given: Parameters<typeof dayList>[0] = {}) => layOut(dayList(given), halfEm)

describe('day_list', () => {
  it('has a row a day from the top, and drops days past its box', () => {
    const list = dayList({ box: box(0, 0, 200, 100) })
    expect(partOf(list, 4)).toEqual(box(0, 80, 200, 20))
    expect(partOf(list, 5)).toBeUndefined()
    expect(written(layOut(list, halfEm)).filter(({ text }) => /^\d/.test(text))).toHaveLength(5)
  })

  it('has a header in the middle, 1.8 times as high as its type', () => {
    const marks = lay({ box: box(0, 0, 200, 100), header: 'January' })
    expect(written(marks)[0]).toMatchObject({ text: 'January', x: (200 - 35) / 2 })
    expect(partOf(dayList({ box: box(0, 0, 200, 100), header: 'January' }), 0)?.y).toBe(18)
  })

  it('has day numbers right in a column of 30, then names, then rules for notes', () => {
    const marks = lay({ box: box(0, 0, 200, 20) })
    expect(written(marks)).toMatchObject([
      { text: '1', x: 25 },
      { text: 'Thu', x: 36 },
    ])
    expect(drawnLines(marks)).toEqual([[76, 20, 200, 20]])
  })

  it('gives names 80 in full and 15 as letters', () => {
    const start = (weekdayFormat: 'full' | 'narrow') =>
      drawnLines(lay({ box: box(0, 0, 200, 20), weekdayFormat }))[0]?.[0]
    expect(start('full')).toBe(116)
    expect(start('narrow')).toBe(51)
  })

  it('has rules 3 points apart from the bottom of a row up', () => {
    const rules = drawnLines(lay({ box: box(0, 0, 200, 20), notesLineCount: 3 }))
    expect(rules.map(([, y]) => y)).toEqual([20, 17, 14])
    expect(drawnLines(lay({ showNotesLines: false }))).toEqual([])
  })

  it('names weeks in a column of 1.8 times the size', () => {
    const [row] = dayList().rows
    const rows = row ? [{ ...row, week: 'W5' }] : []
    const marks = lay({
      box: box(0, 0, 200, 20),
      rows,
      showWeekNumbers: true,
      style: style({ size: 10 }),
    })
    expect(written(marks)).toMatchObject([{ text: 'W5', x: 0 }, { text: '1', x: 18 + 25 }, {}])
  })

  it('shades weekends below what is written', () => {
    const [row] = dayList().rows
    const rows = row ? [{ ...row, isShaded: true }] : []
    expect(lay({ rows })[0]).toMatchObject({ kind: 'fill', color: '#F0F0F0' })
  })
})
