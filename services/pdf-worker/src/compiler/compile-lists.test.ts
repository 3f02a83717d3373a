import { describe, expect, it } from 'vitest'
import {
  anchor,
  compile,
  drawn,
  linksOn,
  onePage,
  only,
  plannerContent,
  section,
  widget,
} from '../../test/planner-content.ts'
import type { WidgetSaid } from '../../test/planner-content.ts'

const properties = (members: object): WidgetSaid => ({ properties: { ...members } })
const codes = (content: object) => compile(content).warnings.map(({ code }) => code)

describe('link_list', () => {
  const months = (members: object) =>
    plannerContent({
      masters: { page: [anchor('p:{index}'), widget('link_list', properties(members))] },
      sections: [section('page', { generate: 'count', count: 3 })],
    })
  const labels = ['One', 'Page {page}', 'Three']
  const destinations = ['p:1', '', 'p:3']

  it('links item by item, and leaves blank what leads nowhere', () => {
    const document = compile(months({ labels, destinations, backgroundColor: 'transparent' }))
    expect(only(document, 'link_list')).toMatchObject({
      columns: 1,
      gapX: 0,
      gapY: 0,
      itemHeight: null,
      style: { color: '#0066CC' },
      items: [{ text: 'One', fillColor: null }, null, { text: 'Three', fillColor: null }],
    })
    expect(linksOn(document, 1).map(({ part, target }) => [part, target.page])).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  it('leaves blank what names a date that is not there', () => {
    const given = { labels: ['a'], destinations: ['day:{date_next}'] }
    const day = { generate: 'each_day', startDate: '2026-01-01', endDate: '2026-01-01' }
    const document = compile(onePage([widget('link_list', properties(given))], day))
    expect(only(document, 'link_list').items).toEqual([null])
  })

  it('highlights an item, counted from 1, also by a token', () => {
    const document = compile(
      months({ labels, destinations: ['p:1', 'p:2', 'p:3'], highlightIndex: '@index' }),
    )
    const fills = (page: number) =>
      only(document, 'link_list', page).items.map((item) => item?.fillColor)
    expect(fills(1)).toEqual(['#dbeafe', null, null])
    expect(fills(3)).toEqual([null, null, '#dbeafe'])
    expect(only(document, 'link_list', 2).items[1]?.text).toBe('Page 2')
  })

  it('of the older form makes its items from one label and one bind', () => {
    const document = compile(
      plannerContent({
        masters: {
          note: [anchor('notes:page:@index_padded')],
          list: [
            widget('link_list', properties({ count: 3, startIndex: 2, bind: 'notes(@index)' })),
          ],
        },
        sections: [section('note', { generate: 'count', count: 4 }), section('list')],
      }),
    )
    expect(only(document, 'link_list', 5).items.map((item) => item?.text)).toEqual([
      'Note 002',
      'Note 003',
      'Note 004',
    ])
    expect(linksOn(document, 5).map(({ part, target }) => [part, target.page])).toEqual([
      [0, 2],
      [1, 3],
      [2, 4],
    ])
  })

  it('of the older form names months, and what the page says beside them', () => {
    const said = {
      count: 2,
      bind: 'x:1',
      labelTemplate: '{month_abbr} {month_padded} {year}',
      indexPad: 2,
    }
    const year = { generate: 'each_day', startDate: '2026-05-31', endDate: '2026-05-31' }
    const document = compile(onePage([anchor('x:1'), widget('link_list', properties(said))], year))
    expect(only(document, 'link_list').items.map((item) => item?.text)).toEqual([
      'Jan 01 2026',
      'Feb 02 2026',
    ])
  })

  it('without labels is empty', () => {
    expect(drawn('link_list').items).toEqual([])
  })

  it('tells what is dead, by its item', () => {
    const document = compile(
      onePage([widget('link_list', properties({ labels: ['a'], destinations: ['x:1'] }))]),
    )
    expect(document.warnings).toMatchObject([
      {
        code: 'dead-link',
        pointer: '/masters/0/widgets/0/properties/destinations/0',
        target: 'x:1',
      },
    ])
    expect(only(document, 'link_list').items).toHaveLength(1)
  })
})

describe('table', () => {
  const sized = { rows: 2, columns: 2 }

  it('adds a header to its rows, and says where its cells are where it has no data', () => {
    expect(drawn('table', properties(sized))).toMatchObject({
      columns: 2,
      columnWidths: [0.5, 0.5],
      rowHeight: 24,
      hasHeader: true,
      textWrap: true,
      maxLines: 2,
      borderStyle: 'all',
      strokeColor: '#000000',
      strokeWidth: 1,
      headerBackground: '#F0F0F0',
      zebra: null,
      cells: [
        ['R1C1', 'R1C2'],
        ['R2C1', 'R2C2'],
        ['R3C1', 'R3C2'],
      ],
    })
  })

  it('trims, pads and cuts its data, tokens and all', () => {
    const tableData = [[' a ', 'b', 'c'], ['{page}'], [], ['cut off']]
    expect(drawn('table', properties({ ...sized, tableData })).cells).toEqual([
      ['a', 'b'],
      ['1', ''],
      ['', ''],
    ])
  })

  it('shares its width, and takes stripes, strokes and alignment', () => {
    const said = {
      ...sized,
      columnWidths: [1, '3'],
      zebraRows: true,
      textAlign: 'right',
      strokeColor: '#111111',
    }
    expect(
      drawn('table', { properties: said, styling: { textAlign: 'center', strokeWidth: 2 } }),
    ).toMatchObject({
      columnWidths: [0.25, 0.75],
      zebra: { even: '#FFFFFF', odd: '#F8F8F8' },
      style: { textAlign: 'right' },
      strokeColor: '#111111',
      strokeWidth: 2,
    })
  })

  it('that does not say how large it is, is as large as its data, which is a finding', () => {
    const content = onePage([widget('table', properties({ tableData: [['a', 'b'], ['c']] }))])
    expect(only(compile(content), 'table').cells).toEqual([
      ['a', 'b'],
      ['c', ''],
    ])
    expect(codes(content)).toEqual(['table-size-missing'])
    expect(drawn('table').cells).toEqual([])
  })

  it('links its cells, never the header', () => {
    const tableData = [
      ['Name', 'Page'],
      ['x', 'first'],
      ['y', 'second'],
    ]
    const linked = { ...sized, tableData, linkTemplate: 'p:{value}', linkColumns: [1] }
    const content = plannerContent({
      masters: {
        a: [anchor('p:first'), anchorAt('p:second'), widget('table', properties(linked))],
      },
      sections: [section('a')],
    })
    expect(
      linksOn(compile(content), 1).map(({ part, target }) => [part, target.destination]),
    ).toEqual([
      [3, 'p:first'],
      [5, 'p:second'],
    ])
    const everywhere = { ...sized, tableData, linkTemplate: 'cell:{row}:{col}' }
    const dead = compile(onePage([widget('table', properties(everywhere))])).warnings
    expect(dead.map(({ target }) => target)).toEqual([
      'cell:1:1',
      'cell:1:2',
      'cell:2:1',
      'cell:2:2',
    ])
  })
})

function anchorAt(destId: string) {
  return widget('anchor', { id: 'second', properties: { destId } })
}
