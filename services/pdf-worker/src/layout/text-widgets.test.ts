import { describe, expect, it } from 'vitest'
import {
  box,
  checkbox,
  drawnLines,
  halfEm,
  internalLink,
  linkList,
  style,
  textBlock,
  written,
} from '../../test/widgets.ts'
import { layOut } from './lay-out.ts'
import { linkListItem } from './text-widgets.ts'

const lay = (widget: Parameters<typeof layOut>[0]) => layOut(widget, halfEm)

describe('one line of text', () => {
  const at = (textAlign: 'left' | 'center' | 'right', text = 'Text') =>
    written(lay(internalLink({ box: box(10, 20, 100, 30), text, style: style({ textAlign }) })))

  it('has its baseline (height - size) / 2 above the bottom', () => {
    expect(at('left')).toEqual([{ text: 'Text', x: 10, y: 50 - (30 - 12) / 2 }])
  })

  it('stands left, in the middle, or right', () => {
    expect(at('center')[0]?.x).toBe(10 + (100 - 24) / 2)
    expect(at('right')[0]?.x).toBe(10 + 100 - 24)
  })

  it('never begins left of its box', () => {
    expect(at('right', 'x'.repeat(40))[0]?.x).toBe(10)
    expect(at('center', 'x'.repeat(40))[0]?.x).toBe(10)
  })

  it('is cut by its box where it is too long', () => {
    const [mark] = lay(internalLink({ box: box(10, 20, 100, 30), text: 'x'.repeat(40) }))
    expect(mark).toMatchObject({ clip: { x: 10, width: 100 } })
  })

  it('is not cut where it fits, nor are letters that reach below the baseline', () => {
    const [mark] = lay(internalLink({ box: box(10, 20, 100, 12), text: 'gypsy' }))
    expect(mark).toMatchObject({ clip: null })
  })

  it('is cut by a box that is too low for it', () => {
    const low = box(10, 20, 100, 8)
    expect(lay(internalLink({ box: low, text: 'low' }))[0]).toMatchObject({ clip: low })
  })

  it('is underlined in its own colour, a tenth of the size below the baseline', () => {
    const underlined = style({ underline: true, color: '#123456' })
    const marks = lay(internalLink({ box: box(0, 0, 100, 12), style: underlined }))
    expect(drawnLines(marks)).toEqual([[0, 13.2, 24, 13.2]])
    expect(marks[1]).toMatchObject({ color: '#123456' })
  })
})

describe('a rotated line', () => {
  const rotated = (orientation: 'vertical_cw' | 'vertical_ccw', textAlign: 'left' | 'right') =>
    lay(internalLink({ box: box(10, 20, 30, 100), orientation, style: style({ textAlign }) }))[0]

  it('reads down clockwise, its baseline size / 3 off the middle; left is the top end', () => {
    expect(rotated('vertical_cw', 'left')).toMatchObject({ direction: 'down', x: 25 - 4, y: 20 })
  })

  it('reads up counter-clockwise; left is the top end here, too', () => {
    expect(rotated('vertical_ccw', 'left')).toMatchObject({ direction: 'up', x: 25 + 4, y: 44 })
  })

  it('ends at the bottom where it stands right', () => {
    expect(rotated('vertical_cw', 'right')).toMatchObject({ y: 120 - 24 })
    expect(rotated('vertical_ccw', 'right')).toMatchObject({ y: 120 })
  })
})

describe('text_block', () => {
  it('wraps, and stands in the middle as a block', () => {
    const marks = lay(textBlock({ box: box(0, 0, 30, 100), text: 'one two' }))
    const pitch = 12 * 1.2
    const top = (100 - 2 * pitch) / 2
    const lines = written(marks)
    expect(lines).toMatchObject([
      { text: 'one', x: 0 },
      { text: 'two', x: 0 },
    ])
    expect(lines[0]?.y).toBeCloseTo(top + (pitch + 12) / 2)
    expect(lines[1]?.y).toBeCloseTo(top + pitch + (pitch + 12) / 2)
  })

  it('spills out of both ends', () => {
    const marks = written(lay(textBlock({ box: box(0, 50, 30, 10), text: 'one two six' })))
    expect(marks[0]?.y).toBeLessThan(50)
    expect(marks[2]?.y).toBeGreaterThan(60)
  })

  it('keeps an empty line free', () => {
    const marks = written(lay(textBlock({ text: 'a\n\nb' })))
    expect((marks[1]?.y ?? 0) - (marks[0]?.y ?? 0)).toBeCloseTo(2 * 12 * 1.2)
  })

  it('rotated, wraps to its height, in strips from left to right', () => {
    const block = textBlock({
      box: box(0, 0, 100, 30),
      text: 'one two',
      orientation: 'vertical_cw',
    })
    const [first, second] = written(lay(block))
    expect(first).toMatchObject({ text: 'one', y: 0 })
    expect((second?.x ?? 0) - (first?.x ?? 0)).toBeCloseTo(12 * 1.2)
  })

  it('draws nothing for blanks', () => {
    expect(lay(textBlock({ text: ' \n ' }))).toEqual([])
  })
})

describe('checkbox', () => {
  const wide = box(0, 0, 200, 30)

  it('stands with its label as one thing, in the middle of the height', () => {
    const [tickbox, label] = lay(checkbox({ box: wide, label: 'Milk' }))
    expect(tickbox).toMatchObject({ kind: 'tickbox', box: box(0, 9, 12, 12), label: 'Milk' })
    expect(label).toMatchObject({ text: 'Milk', x: 16, y: 21 })
  })

  it('is aligned as one with its label', () => {
    const whole = 12 + 4 + 24
    const right = lay(checkbox({ box: wide, label: 'Milk', style: style({ textAlign: 'right' }) }))
    expect(right[0]).toMatchObject({ box: { x: 200 - whole } })
    expect(right[1]).toMatchObject({ x: 200 - 24 })
  })

  it('has no gap without a label', () => {
    const bare = checkbox({ box: wide, label: '', style: style({ textAlign: 'right' }) })
    expect(lay(bare)).toHaveLength(1)
    expect(lay(bare)[0]).toMatchObject({ box: { x: 188 } })
  })

  it('cuts a label that is higher than the box to tick', () => {
    const tall = checkbox({ box: wide, style: style({ size: 20 }), boxSize: 10 })
    expect(lay(tall)[1]).toMatchObject({ clip: { y: 10, height: 10 } })
  })
})

describe('internal_link', () => {
  it('is filled, then written', () => {
    const marks = lay(internalLink({ fillColor: '#DBEAFE' }))
    expect(marks.map(({ kind }) => kind)).toEqual(['fill', 'text'])
  })

  it('without text is its fill alone', () => {
    expect(lay(internalLink({ text: '', fillColor: null }))).toEqual([])
  })
})

describe('link_list', () => {
  const items = Array.from({ length: 6 }, (_, index) => ({ text: `${index}`, fillColor: null }))

  it('places items row by row', () => {
    const list = linkList({ box: box(0, 0, 210, 100), columns: 2, gapX: 10, gapY: 5, items })
    expect(linkListItem(list, 0)).toEqual(box(0, 0, 100, 30))
    expect(linkListItem(list, 3)).toEqual(box(110, 35, 100, 30))
  })

  it('takes the height of items that is given', () => {
    const list = linkList({ box: box(0, 0, 200, 100), columns: 2, itemHeight: 20, items })
    expect(linkListItem(list, 4)).toEqual(box(0, 40, 100, 20))
  })

  it('clockwise, has strips from right to left that each read down', () => {
    const list = linkList({
      box: box(0, 0, 60, 100),
      columns: 2,
      orientation: 'vertical_cw',
      items,
    })
    expect(linkListItem(list, 0)).toEqual(box(40, 0, 20, 50))
    expect(linkListItem(list, 1)).toEqual(box(40, 50, 20, 50))
    expect(linkListItem(list, 2)).toEqual(box(20, 0, 20, 50))
  })

  it('counter-clockwise, has strips from left to right that each read up', () => {
    const list = linkList({
      box: box(0, 0, 60, 100),
      columns: 2,
      orientation: 'vertical_ccw',
      items,
    })
    expect(linkListItem(list, 0)).toEqual(box(0, 50, 20, 50))
    expect(linkListItem(list, 1)).toEqual(box(0, 0, 20, 50))
    expect(linkListItem(list, 2)).toEqual(box(20, 50, 20, 50))
  })

  it('leaves a blank where an item has no destination', () => {
    const list = linkList({ items: [{ text: 'A', fillColor: null }, null] })
    expect(written(lay(list)).map(({ text }) => text)).toEqual(['A'])
  })

  it('paints its own background below its items', () => {
    const marks = lay(linkList({ backgroundColor: '#EEEEEE' }))
    expect(marks[0]).toMatchObject({ kind: 'fill', color: '#EEEEEE' })
  })
})
