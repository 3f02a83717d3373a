import { describe, expect, it } from 'vitest'
import { box, calendar, calendarDay, drawnLines, halfEm, written } from '../../test/widgets.ts'
import type { Calendar } from '../compiler/compiled-widget.ts'
import { layOut, partOf } from './lay-out.ts'

const lay = (given: Partial<Calendar> = {}) => layOut(calendar(given), halfEm)
const find = (marks: ReturnType<typeof lay>, text: string) =>
  written(marks).find((each) => each.text === text)

const top = 15 + 15 // of the days, below title and labels of 1.5 times size 10
const cellHeight = (190 - top) / 5

describe('a month', () => {
  it('has a title and a row of labels 1.5 times as high as its type, then its weeks', () => {
    expect(partOf(calendar(), 0)).toEqual(box(0, top, 20, cellHeight))
    expect(partOf(calendar(), 34)).toEqual(box(120, top + 4 * cellHeight, 20, cellHeight))
  })

  it('gives the weeks the room of what is not shown', () => {
    const bare = calendar({ title: null, weekdayLabels: null })
    expect(partOf(bare, 0)).toEqual(box(0, 0, 20, 38))
  })

  it('writes labels at .8 of the size', () => {
    expect(lay().find((mark) => mark.kind === 'text' && mark.text === 'Mo')).toMatchObject({
      size: 8,
    })
  })

  it('writes numbers at the top of their cells, inset by the padding', () => {
    const number = find(lay(), '1')
    expect(number).toEqual({ text: '1', x: 60 + 4, y: top + 4 + 7.5 })
  })

  it('writes them no larger than the cells are, or they would be cut', () => {
    const sizesIn = (width: number, height: number) =>
      new Set(
        layOut(calendar({ box: box(0, 0, width, height), showGridLines: false }), halfEm).flatMap(
          (mark) => (mark.kind === 'text' && /^\d+$/.test(mark.text) ? [mark.size] : []),
        ),
      )
    expect(sizesIn(140, top + 5 * 9)).toEqual(new Set([10]))
    expect(sizesIn(140, top + 5 * 4.5)).toEqual(new Set([5]))
    expect(sizesIn(7 * 5, 190)).toEqual(new Set([4.25]))
  })

  it('leaves cells without a day empty', () => {
    expect(written(lay()).filter(({ text }) => /^\d+$/.test(text))).toHaveLength(31)
  })

  it('has a black grid of half a point, or none', () => {
    const grid = lay().find(({ kind }) => kind === 'stroke')
    expect(grid).toMatchObject({ color: '#000000', width: 0.5 })
    expect(drawnLines(lay())).toHaveLength(6 + 8)
    expect(drawnLines(lay({ showGridLines: false }))).toEqual([])
  })

  it('greys days of other months, and frames the day to highlight', () => {
    const rows = [
      {
        weekNumber: 1,
        days: [calendarDay('31', { isOutside: true }), calendarDay('1', { isFramed: true })],
      },
    ]
    const marks = lay({ rows, showGridLines: false })
    expect(marks.find((mark) => mark.kind === 'text' && mark.text === '31')).toMatchObject({
      color: '#888888',
    })
    expect(marks.at(-1)).toMatchObject({ kind: 'stroke', shape: { kind: 'rectangle' } })
  })

  it('has week numbers in a column of 1.8 times the size, which link as parts of their own', () => {
    const weeks = calendar({ hasWeekNumbers: true })
    expect(partOf(weeks, 35)).toEqual(box(0, top, 18, cellHeight))
    expect(partOf(weeks, 0)).toEqual(box(18, top, 122 / 7, cellHeight))
    expect(find(layOut(weeks, halfEm), '5')?.x).toBeLessThan(18)
  })
})

describe('a week', () => {
  const days = ['5', '6', '7', '8', '9', '10', '11'].map((day) => calendarDay(day))
  const week: Partial<Calendar> = {
    layout: 'weekly',
    title: 'January 2026 — Week 2',
    weekdayLabels: null,
    rows: [{ weekNumber: 2, days }],
  }
  const hours = {
    startMinute: 480,
    endMinute: 1_200,
    slotMinutes: 60,
    showGutter: true,
    labels: [
      { minute: 480, text: '08:00' },
      { minute: 1_200, text: '20:00' },
    ],
  }

  it('has a title twice as high as its type above seven columns', () => {
    expect(partOf(calendar(week), 6)).toEqual(box(120, 20, 20, 170))
  })

  it('is at least as high as its cells have to be', () => {
    const low = calendar({ ...week, box: box(0, 0, 140, 30), cellMinSize: 50 })
    expect(partOf(low, 0)?.height).toBe(50)
  })

  it('has grey rules', () => {
    expect(lay(week).find(({ kind }) => kind === 'stroke')).toMatchObject({
      color: '#CCCCCC',
      width: 0.5,
    })
  })

  it('has a rule at each slot, the first hour at the top', () => {
    const marks = lay({ ...week, showGridLines: false, timeGrid: hours })
    const rules = drawnLines(marks)
    expect(rules).toHaveLength(13)
    expect(rules[0]?.[1]).toBe(20 + 10 + 2 * 4)
    expect(rules.at(-1)?.[1]).toBe(190)
    const [first, last] = ['08:00', '20:00'].map((text) => find(marks, text)?.y ?? 0)
    expect(first).toBeLessThan(last ?? 0)
  })

  it('has hours in a column of 2.2 times the size', () => {
    const timed = calendar({ ...week, timeGrid: hours })
    expect(partOf(timed, 0)).toEqual(box(22, 20, 118 / 7, 170))
    expect(find(layOut(timed, halfEm), '08:00')?.x).toBeLessThan(22)
  })
})

describe('a vertical week', () => {
  const vertical: Partial<Calendar> = {
    layout: 'vertical',
    title: null,
    weekdayLabels: null,
    rows: ['Mon 5', 'Tue 6', 'Wed 7', 'Thu 8', 'Fri 9', 'Sat 10', 'Sun 11'].map((text) => ({
      weekNumber: 2,
      days: [calendarDay(text)],
    })),
  }
  const hours = {
    startMinute: 480,
    endMinute: 600,
    slotMinutes: 60,
    showGutter: true,
    labels: [{ minute: 600, text: '10:00' }],
  }

  it('has seven rows over the whole width, named in a column of 4 times the size', () => {
    const week = calendar({ ...vertical, box: box(0, 0, 200, 210) })
    expect(partOf(week, 2)).toEqual(box(0, 60, 200, 30))
    expect(find(layOut(week, halfEm), 'Wed 7')?.x).toBeLessThan(40)
  })

  it('has its hours from left to right, on top, and nothing beyond its right edge', () => {
    const marks = lay({ ...vertical, box: box(0, 0, 200, 225), timeGrid: hours })
    const upright = drawnLines(marks).filter(([x1, , x2]) => x1 === x2)
    expect(Math.max(...drawnLines(marks).flatMap(([x1 = 0, , x2 = 0]) => [x1, x2]))).toBe(200)
    expect(upright.map(([x]) => x)).toContain(120)
    expect(find(marks, '10:00')).toMatchObject({ x: 200 - 20 })
    expect(partOf(calendar({ ...vertical, box: box(0, 0, 200, 225), timeGrid: hours }), 0)?.y).toBe(
      15,
    )
  })
})

it('a custom range is a frame', () => {
  expect(lay({ layout: 'frame' })).toMatchObject([{ kind: 'stroke', width: 0.5 }])
})
