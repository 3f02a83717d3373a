import { describe, expect, it } from 'vitest'
import {
  choice,
  flag,
  integer,
  number,
  numbers,
  readFields,
  rowsOfTexts,
  shapeColor,
  text,
  textColor,
  texts,
} from './fields.ts'
import { widgetFields } from './widget-fields.ts'

describe('a field reads what editors send', () => {
  const size = number(12, { minimum: 6, maximum: 72 })

  it.each([
    [14, 14],
    ['14', 14],
    [' 14.5 ', 14.5],
    [2, 6],
    ['100', 72],
    ['', 12],
    [null, 12],
    [undefined, 12],
    ['large', 12],
    ['14pt', 12],
    [Number.NaN, 12],
    [Infinity, 12],
    [true, 12],
    [{}, 12],
    [[7], 12],
  ])('the number %j as %j', (sent, meant) => {
    expect(size.read(sent)).toBe(meant)
  })

  it('whole numbers without what follows the point', () => {
    expect(integer(1).read('3.9')).toBe(3)
    expect(integer(null).read('')).toBeNull()
  })

  it.each([
    [true, true],
    ['True', true],
    [1, true],
    ['0', false],
    [false, false],
    ['no', false],
    ['perhaps', true],
    [null, true],
  ])('the switch %j, which is on by default, as %j', (sent, meant) => {
    expect(flag(true).read(sent)).toBe(meant)
  })

  it('a word of a list, also by its former name', () => {
    const orientation = choice(['horizontal', 'vertical_cw'], 'horizontal', {
      vertical: 'vertical_cw',
    })
    expect(
      ['Vertical', 'vertical_cw', 'sideways', 'constructor', null].map(orientation.read),
    ).toEqual(['vertical_cw', 'vertical_cw', 'horizontal', 'horizontal', 'horizontal'])
  })

  it('text, also numbers and truth values as text', () => {
    expect(['a', 7, true, '', null, {}].map(text('-').read)).toEqual([
      'a',
      '7',
      'true',
      '-',
      '-',
      '-',
    ])
  })

  it('the colour of text as #RRGGBB and nothing else', () => {
    const color = textColor('#000000')
    expect(['#aB12ff', 'aB12ff', 'red', '#abc', 'none'].map(color.read)).toEqual([
      '#aB12ff',
      '#000000',
      '#000000',
      '#000000',
      '#000000',
    ])
    expect(color.fault?.('red')?.code).toBe('wrong-format')
    expect(color.fault?.('#aB12ff')).toBeUndefined()
  })

  it('the colour of a shape without its #, or none', () => {
    const color = shapeColor('#000000')
    expect(['#aB12ff', 'aB12ff', 'none', 'Transparent', 'red', '#abc'].map(color.read)).toEqual([
      '#aB12ff',
      '#aB12ff',
      null,
      null,
      '#000000',
      '#000000',
    ])
    expect(color.fault?.('red')?.code).toBe('wrong-format')
    expect(color.fault?.('none')).toBeUndefined()
  })

  it('lists, without what does not belong in them', () => {
    expect(texts.read(['a', 1, null, {}])).toEqual(['a', '1', '', ''])
    expect(texts.read('a')).toEqual([])
    expect(numbers.read([1, '2', 'x', null])).toEqual([1, 2])
    expect(rowsOfTexts.read([[' a ', 2], 'b'])).toEqual([['a', '2'], []])
  })
})

describe('fields together', () => {
  const { styling } = widgetFields.text_block

  it('take an older spelling where the newer one is empty', () => {
    expect(readFields(styling, { fontSize: '9' }).size).toBe(9)
    expect(readFields(styling, { size: '', fontSize: 9 }).size).toBe(9)
    expect(readFields(styling, { size: 8, fontSize: 9 }).size).toBe(8)
    expect(readFields(styling, { fontColor: '#112233' }).color).toBe('#112233')
  })

  it('are all as usual where nothing is said', () => {
    expect(readFields(styling, {})).toEqual({
      font: 'Helvetica',
      size: 12,
      color: '#000000',
      textAlign: 'left',
      underline: false,
      lineHeight: 1.2,
    })
  })

  it('never take what every object has for a field', () => {
    const { constructor: inherited } = readFields({ constructor: text('none') }, {})
    expect(inherited).toBe('none')
  })
})
