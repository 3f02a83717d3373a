import { describe, expect, it } from 'vitest'
import {
  anchor,
  box,
  boxShape,
  dotGrid,
  drawnLines,
  halfEm,
  image,
  line,
  lines,
  tapZone,
} from '../../test/widgets.ts'
import { layOut, partOf } from './lay-out.ts'

const lay = (widget: Parameters<typeof layOut>[0]) => layOut(widget, halfEm)
const square = box(0, 0, 100, 100)

it('a background is painted first, over the whole box', () => {
  const marks = lay(boxShape({ box: square, backgroundColor: '#EEEEEE' }))
  expect(marks[0]).toMatchObject({ kind: 'fill', color: '#EEEEEE', shape: { box: square } })
})

it('anchor and tap_zone draw nothing', () => {
  expect([...lay(anchor()), ...lay(tapZone())]).toEqual([])
})

describe('divider and vertical_line', () => {
  it('run through the middle of their boxes', () => {
    expect(drawnLines(lay(line({ box: square })))).toEqual([[0, 50, 100, 50]])
    const upright = line({ box: square, type: 'vertical_line' })
    expect(drawnLines(lay(upright))).toEqual([[50, 0, 50, 100]])
  })

  it('stay visible at width 0, and are not drawn without a colour', () => {
    expect(lay(line({ lineWidth: 0 }))[0]).toMatchObject({ width: 0.25 })
    expect(lay(line({ strokeColor: null }))).toEqual([])
  })
})

describe('lines', () => {
  const heights = (given: Parameters<typeof lines>[0]) =>
    drawnLines(lay(lines({ box: square, ...given }))).map(([, y]) => y)

  it('begin at the top edge, to the bottom or to their number', () => {
    expect(heights({})).toEqual([0, 20, 40, 60, 80, 100])
    expect(heights({ lineCount: 3 })).toEqual([0, 20, 40])
  })

  it('keep the padding at the top and the bottom', () => {
    expect(heights({ topPadding: 10, bottomPadding: 10 })).toEqual([10, 30, 50, 70, 90])
  })

  it('are none where none are wanted or there is no room', () => {
    expect(heights({ lineCount: 0 })).toEqual([])
    expect(heights({ topPadding: 60, bottomPadding: 60 })).toEqual([])
  })

  it('stand in columns between the margins', () => {
    const drawn = lines({
      box: square,
      marginLeft: 10,
      marginRight: 10,
      columns: 2,
      lineCount: 1,
    })
    expect(drawnLines(lay(drawn))).toEqual([
      [10, 0, 40, 0],
      [60, 0, 90, 0],
    ])
  })

  it('are dotted 1 3 or dashed 5 3, with the cap that is wanted', () => {
    expect(lay(lines({ lineStyle: 'dotted' }))[0]).toMatchObject({ dash: [1, 3] })
    expect(lay(lines({ lineStyle: 'dashed', lineCap: 'round' }))[0]).toMatchObject({
      dash: [5, 3],
      cap: 'round',
    })
  })

  it('of a grid have verticals from the left margin on, over the full height', () => {
    const grid = lines({ box: square, lineStyle: 'grid', lineCount: 1, marginLeft: 10 })
    const upright = drawnLines(lay(grid)).slice(1)
    expect(upright.map(([x]) => x)).toEqual([10, 30, 50, 70, 90])
    expect(upright[0]).toEqual([10, 0, 10, 100])
  })

  it('have guides at shares of the inner width', () => {
    const guided = lines({ box: square, lineCount: 1, marginRight: 20, verticalGuides: [0.5] })
    expect(drawnLines(lay(guided))[1]).toEqual([40, 0, 40, 100])
  })
})

describe('dot_grid', () => {
  it('begins at the inner bottom left corner, floor(length / cell) + 1 dots each way', () => {
    const grid = dotGrid({ box: box(10, 20, 105, 100), marginLeft: 5, marginBottom: 8 })
    expect(lay(grid)).toEqual([
      {
        kind: 'fill',
        shape: {
          kind: 'dots',
          x: 15,
          y: 112,
          columns: 11,
          rows: 10,
          step: 10,
          size: 1.5,
          isRound: true,
        },
        color: '#CCCCCC',
        opacity: 1,
      },
    ])
  })

  it('is nothing where the margins leave no room', () => {
    expect(lay(dotGrid({ marginLeft: 150, marginRight: 150 }))).toEqual([])
  })
})

describe('box', () => {
  it('has its border with the middle on its edge', () => {
    expect(lay(boxShape({ box: square, lineWidth: 4, cornerRadius: 5 }))).toEqual([
      expect.objectContaining({
        kind: 'stroke',
        width: 4,
        shape: { kind: 'rectangle', box: square, radius: 5 },
      }),
    ])
  })

  it('has no border at width 0', () => {
    const marks = lay(boxShape({ lineWidth: 0, fillColor: '#DDDDDD' }))
    expect(marks.map(({ kind }) => kind)).toEqual(['fill'])
  })

  it('shines through as a whole', () => {
    const marks = lay(boxShape({ fillColor: '#DDDDDD', opacity: 0.5 }))
    expect(marks).toMatchObject([{ opacity: 0.5 }, { opacity: 0.5 }])
  })
})

describe('image', () => {
  it('is its asset in its box', () => {
    expect(lay(image({ box: square, fit: 'stretch', convertToGrayscale: true }))).toEqual([
      {
        kind: 'picture',
        assetId: 'ast_1',
        box: square,
        fit: 'stretch',
        isGrey: true,
        opacity: 1,
      },
    ])
  })

  it('without an asset draws nothing', () => {
    expect(lay(image({ assetId: null }))).toEqual([])
  })
})

it('a widget of one piece has no parts that link', () => {
  expect(partOf(boxShape(), 0)).toBeUndefined()
})
