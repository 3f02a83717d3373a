import { describe, expect, it } from 'vitest'
import {
  anchor,
  compilation,
  compile,
  drawn,
  drawnOn,
  onePage,
  only,
  widget,
} from '../../test/planner-content.ts'
import type { WidgetSaid } from '../../test/planner-content.ts'

const styling = (members: object): WidgetSaid => ({ styling: { ...members } })
const properties = (members: object): WidgetSaid => ({ properties: { ...members } })
const codes = (content: object) => compile(content).warnings.map(({ code }) => code)

describe('every widget', () => {
  it('has its place, its background, and is painted in the order of zOrder and the list', () => {
    const document = compile(
      onePage([
        widget('box', { id: 'a', zOrder: 2 }),
        widget('box', { id: 'b', zOrder: null }),
        widget('box', { id: 'c', zOrder: -1, backgroundColor: '#EEEEEE' }),
        widget('box', { id: 'd' }),
      ]),
    )
    expect(drawnOn(document, 1).map(({ id }) => id)).toEqual(['c', 'b', 'd', 'a'])
    expect(drawnOn(document, 1)[0]).toMatchObject({
      box: { x: 40, y: 40, width: 200, height: 100 },
      backgroundColor: '#EEEEEE',
    })
  })

  it('that draws nothing is left out, unless it has a background', () => {
    const bare = [anchor('home:index'), widget('tap_zone')]
    const painted = widget('tap_zone', { id: 'z', backgroundColor: '#EEEEEE' })
    expect(drawnOn(compile(onePage([...bare, painted])), 1).map(({ id }) => id)).toEqual(['z'])
  })
})

describe('text_block', () => {
  it('is Helvetica of 12 points in black, from the left', () => {
    expect(drawn('text_block', { content: 'A\nB' })).toMatchObject({
      text: 'A\nB',
      orientation: 'horizontal',
      style: {
        font: 'Helvetica',
        size: 12,
        color: '#000000',
        textAlign: 'left',
        underline: false,
        lineHeight: 1.2,
      },
    })
  })

  it('has its styling within limits', () => {
    const said = {
      font: 'DejaVu Serif Bold',
      fontSize: '100',
      fontColor: '#123456',
      lineHeight: 0.1,
    }
    expect(
      drawn('text_block', styling({ ...said, textAlign: 'RIGHT', underline: 'true' })),
    ).toMatchObject({
      style: {
        font: 'DejaVu Serif Bold',
        size: 72,
        color: '#123456',
        textAlign: 'right',
        underline: true,
        lineHeight: 0.8,
      },
    })
  })

  it('is turned, vertical meaning clockwise', () => {
    const turned = (orientation: string) =>
      drawn('text_block', properties({ orientation })).orientation
    expect(['vertical', 'vertical_cw', 'vertical_ccw', 'sideways'].map(turned)).toEqual([
      'vertical_cw',
      'vertical_cw',
      'vertical_ccw',
      'horizontal',
    ])
  })
})

describe('checkbox', () => {
  it('is an empty box of 12 points with its label', () => {
    expect(drawn('checkbox', { content: 'Done' })).toMatchObject({
      label: 'Done',
      checked: false,
      boxSize: 12,
      strokeColor: '#000000',
      fillColor: '#FFFFFF',
      checkColor: '#000000',
      lineWidth: 1,
    })
  })

  it('keeps the numbers of pages in its label as they are written', () => {
    expect(drawn('checkbox', { content: '{page} {locale}' }).label).toBe('{page} en')
  })

  it('is within limits, and does not read checkboxSize', () => {
    const said = {
      properties: { boxSize: 99, checkboxSize: 5 },
      styling: { lineWidth: 9, fillColor: 'none' },
    }
    expect(drawn('checkbox', said)).toMatchObject({ boxSize: 50, lineWidth: 5, fillColor: null })
    expect(drawn('checkbox', properties({ checkboxSize: 5 })).boxSize).toBe(12)
  })
})

describe('divider and vertical_line', () => {
  it.each(['divider', 'vertical_line'] as const)(
    '%s takes its styling, else what editors wrote',
    (type) => {
      expect(drawn(type)).toMatchObject({ strokeColor: '#000000', lineWidth: 1 })
      const edited = { lineThickness: 3, strokeColor: '#112233' }
      expect(drawn(type, properties(edited))).toMatchObject({
        strokeColor: '#112233',
        lineWidth: 3,
      })
      const both = { properties: edited, styling: { strokeColor: 'none', lineWidth: 0 } }
      expect(drawn(type, both)).toMatchObject({ strokeColor: null, lineWidth: 0 })
    },
  )
})

describe('lines', () => {
  it('are ten, 20 points apart, where only one of the two is said', () => {
    expect(drawn('lines', properties({ lineSpacing: 15 }))).toMatchObject({
      lineSpacing: 15,
      lineCount: 10,
      lineThickness: 0.75,
      strokeColor: '#000000',
      lineStyle: 'solid',
      lineCap: 'butt',
      columns: 1,
      columnGap: 20,
      gridSpacing: 20,
    })
    expect(drawn('lines', properties({ lineCount: 3 }))).toMatchObject({
      lineSpacing: 20,
      lineCount: 3,
    })
  })

  it('are none where neither is said, which is a finding', () => {
    expect(drawn('lines').lineCount).toBe(0)
    expect(codes(onePage([widget('lines')]))).toEqual(['nothing-to-draw'])
    expect(compilation(onePage([widget('lines')]), { strict: true }).status).toBe('failed')
  })

  it('are none where margins or paddings leave no room', () => {
    for (const margins of [{ marginLeft: 150, marginRight: 50 }, { topPadding: 101 }]) {
      expect(codes(onePage([widget('lines', properties({ lineCount: 3, ...margins }))]))).toEqual([
        'nothing-to-draw',
      ])
    }
  })

  it('have guides at shares of the width', () => {
    const said = { lineCount: 5000, verticalGuides: [0.25, '0.5', 2, 'x'] }
    expect(drawn('lines', properties(said))).toMatchObject({
      lineCount: 1_000,
      verticalGuides: [0.25, 0.5],
    })
  })
})

describe('dot_grid', () => {
  it('has light dots of 1.5 points every 10', () => {
    expect(drawn('dot_grid')).toMatchObject({
      gridCellSize: 10,
      dotSize: 1.5,
      dotShape: 'round',
      dotColor: '#CCCCCC',
      marginLeft: 0,
      marginTop: 0,
    })
  })

  it('has dots of at most half a cell', () => {
    expect(drawn('dot_grid', properties({ gridCellSize: 1, dotSize: 9 }))).toMatchObject({
      gridCellSize: 5,
      dotSize: 2.5,
    })
  })

  it('without room is a finding', () => {
    const narrow = widget('dot_grid', properties({ marginTop: 60, marginBottom: 60 }))
    expect(codes(onePage([narrow]))).toEqual(['nothing-to-draw'])
  })
})

describe('box', () => {
  it('is a black frame around nothing', () => {
    expect(drawn('box')).toMatchObject({
      strokeColor: '#000000',
      fillColor: null,
      lineWidth: 1,
      cornerRadius: 0,
      opacity: 1,
    })
  })

  it('forgives a missing #, and knows none and transparent', () => {
    expect(
      drawn('box', styling({ fillColor: 'EEEEEE', strokeColor: 'transparent' })),
    ).toMatchObject({
      fillColor: '#EEEEEE',
      strokeColor: null,
    })
  })

  it('is rounded by at most half its short side', () => {
    expect(
      drawn('box', { at: [0, 0, 20, 100], ...properties({ cornerRadius: 40 }) }).cornerRadius,
    ).toBe(10)
  })
})

describe('internal_link', () => {
  const home = { toDest: 'home:index' }
  const linkOf = (said: WidgetSaid) =>
    only(compile(onePage([anchor('home:index'), widget('internal_link', said)])), 'internal_link')

  it('is one line in blue, over nothing', () => {
    expect(linkOf({ content: 'Home {page}', properties: home })).toMatchObject({
      text: 'Home 1',
      fillColor: null,
      style: { color: '#0066CC' },
    })
  })

  it('is filled with its background, or highlighted', () => {
    const backgroundColor = '#EEEEEE'
    expect(linkOf(properties({ ...home, backgroundColor })).fillColor).toBe('#EEEEEE')
    const lit = { ...home, backgroundColor, highlight: true }
    expect(linkOf(properties(lit)).fillColor).toBe('#dbeafe')
    expect(linkOf(properties({ ...lit, highlightColor: 'none' })).fillColor).toBeNull()
  })

  it('of a colour that tokens make, and is none, is told', () => {
    const lit = properties({ ...home, highlight: true, highlightColor: '{locale}' })
    const content = onePage([anchor('home:index'), widget('internal_link', lit)])
    expect(codes(content)).toEqual(['color-invalid'])
  })
})

describe('image', () => {
  const assetId = `ast_${'a'.repeat(32)}`

  it('is an asset, shown whole', () => {
    const document = compile(onePage([widget('image', properties({ assetId }))]))
    expect(only(document, 'image')).toMatchObject({
      assetId,
      fit: 'fit',
      convertToGrayscale: false,
      opacity: 1,
    })
    expect(document.imageAssetIds).toEqual([assetId])
  })

  it.each([
    ['stretch', 'stretch'],
    ['fill', 'stretch'],
    ['actual', 'actual'],
    ['cover', 'stretch'],
  ])('is fitted by %s as %s', (imageFit, fit) => {
    expect(drawn('image', properties({ assetId, imageFit })).fit).toBe(fit)
  })

  it('is never fetched', () => {
    const fetched = { assetId, imageSrc: 'http://169.254.169.254/' }
    expect(codes(onePage([widget('image', properties(fetched))]))).toEqual(['image-source-ignored'])
    expect(
      compilation(onePage([widget('image', properties(fetched))]), { strict: true }).status,
    ).toBe('compiled')
  })

  it('that names no asset is skipped, and fails what is strict', () => {
    const missing = onePage([widget('image', properties({ imageSrc: '/etc/passwd' }))])
    expect(codes(missing)).toEqual(['image-source-ignored', 'image-missing'])
    expect(compilation(missing, { strict: true }).status).toBe('failed')
  })
})
