import { describe, expect, it } from 'vitest'
import {
  anchor,
  compile,
  drawnOn,
  link,
  onePage,
  only,
  plannerContent,
  section,
  textsOf,
  widget,
} from '../../test/planner-content.ts'
import type { WidgetSaid } from '../../test/planner-content.ts'

const properties = (members: object): WidgetSaid => ({ properties: { ...members } })

describe('what pages share', () => {
  const content = (count: number) =>
    plannerContent({
      masters: {
        page: [
          widget('box', { id: 'frame' }),
          widget('text_block', { id: 'text', content: '{index}' }),
          widget('divider', { id: 'rule' }),
          widget('text_block', { id: 'mail', content: 'me@example.org' }),
        ],
      },
      sections: [section('page', { generate: 'count', count })],
    })

  it('is drawn once, in its place among what changes', () => {
    const document = compile(content(3))
    expect(document.forms.map(({ widgets }) => widgets.map(({ id }) => id))).toEqual([
      ['frame'],
      ['rule', 'mail'],
    ])
    expect(document.pages.map(({ layers }) => layers.map(({ kind }) => kind))).toEqual(
      Array.from({ length: 3 }, () => ['form', 'own', 'form']),
    )
    expect(drawnOn(document, 2).map(({ id }) => id)).toEqual(['frame', 'text', 'rule', 'mail'])
    expect(textsOf(document)).toEqual(['1', '2', '3'])
  })

  it('is no form where one page shows it', () => {
    const document = compile(content(1))
    expect(document.forms).toEqual([])
    expect(document.pages[0]?.layers).toHaveLength(1)
  })

  it('may be what a month of pages shares', () => {
    const days = { generate: 'each_day', startDate: '2026-01-01', endDate: '2026-02-28' }
    const calendar = widget('calendar', properties({ startDate: '@year-@month_padded' }))
    const document = compile(onePage([calendar], days))
    expect(document.forms).toHaveLength(2)
    expect(only(document, 'calendar', 31).title).toBe('January 2026')
    expect(only(document, 'calendar', 32).title).toBe('February 2026')
  })

  it('has links of its own on each page', () => {
    const document = compile(
      plannerContent({
        masters: { page: [anchor('p:@index'), link({ bind: 'p(@index+1)' })] },
        sections: [section('page', { generate: 'count', count: 4 })],
      }),
    )
    expect(document.forms).toHaveLength(1)
    expect(document.pages.map(({ links }) => links.map(({ target }) => target.page))).toEqual([
      [2],
      [3],
      [4],
      [],
    ])
  })
})
