import { section, widget } from '../planner-content.ts'
import {
  anchorOf,
  heading,
  linkTo,
  plannerFor,
  rule,
  ruled,
  sheetOf,
  within,
  write,
} from './sheet.ts'

/** An index of a hundred notes, in the list's newer and older form, and notes on three papers. */
export function notesIndex() {
  const sheet = sheetOf('remarkable-paper-pro')
  const { area } = sheet
  const numbers = Array.from({ length: 60 }, (_, index) => index + 1)
  const back = linkTo(
    'home',
    within(area, 0, 0, 60, 32),
    'Index',
    { toDest: 'home:index' },
    { textAlign: 'left' },
  )
  const number = write('number', within(area, 80, 0, area[2] - 80, 32), '{index_padded}', {
    textAlign: 'right',
    color: '#555555',
  })
  return plannerFor(sheet, 'Notes', {
    masters: {
      index: [
        anchorOf('home:index'),
        write('title', within(area, 0, 0, 200, 26), 'Notes', heading),
        rule('rule', within(area, 0, 32, area[2], 2)),
        widget('link_list', {
          id: 'list',
          at: within(area, 0, 44, area[2], 480),
          styling: { color: '#000000', size: 11 },
          properties: {
            labels: numbers.map((each) => `Note ${each}`),
            destinations: numbers.map((each) => `notes:page:${String(each).padStart(3, '0')}`),
            columns: 4,
            gapX: 10,
            gapY: 2,
          },
        }),
        linkTo('more', within(area, area[2] - 60, area[3] - 34, 60, 32), 'more ›', {
          toDest: 'home:more',
        }),
      ],
      more: [
        anchorOf('home:more'),
        write('title', within(area, 0, 0, 200, 26), 'More notes', heading),
        rule('rule', within(area, 0, 32, area[2], 2)),
        widget('link_list', {
          id: 'list',
          at: within(area, 0, 44, area[2], 320),
          styling: { color: '#0066CC', size: 11 },
          properties: {
            count: 40,
            startIndex: 61,
            columns: 4,
            bind: 'notes(@index)',
            backgroundColor: '#EEEEEE',
            gapX: 8,
            gapY: 1,
          },
        }),
        linkTo('home', within(area, area[2] - 60, 0, 60, 30), 'Index', { toDest: 'home:index' }),
      ],
      ruled: [
        anchorOf('notes:page:{n:03d}'),
        back,
        { ...number, content: '{n:03d}' },
        ruled('paper', within(area, 0, 48), { lineSpacing: 26, lineCount: 40 }),
      ],
    },
    sections: [
      section('index'),
      section('more'),
      section('note', {
        master: 'ruled',
        generate: 'count',
        count: 100,
        counters: { n: { start: 1 } },
      }),
    ],
    order: ['index', 'more', 'note'],
  })
}

/** Papers to write on: every style of lines, and grids of dots. */
export function papers() {
  const sheet = sheetOf('kobo-sage')
  const { area } = sheet
  const titled = (title: string, ...widgets: readonly object[]) => [
    write('title', within(area, 0, 0, 200, 18), title, { ...heading, size: 12 }),
    ...widgets,
  ]
  const sheetArea = within(area, 0, 26)
  return plannerFor(sheet, 'Papers', {
    masters: {
      dotted: titled(
        'Dotted',
        ruled('p', sheetArea, {
          lineStyle: 'dotted',
          lineCap: 'round',
          lineSpacing: 24,
          lineCount: 30,
        }),
      ),
      dashed: titled(
        'Dashed, in two columns',
        ruled('p', sheetArea, {
          lineStyle: 'dashed',
          lineSpacing: 24,
          lineCount: 30,
          columns: 2,
          columnGap: 24,
        }),
      ),
      squares: titled(
        'Squares',
        ruled(
          'p',
          sheetArea,
          { lineStyle: 'grid', lineSpacing: 18, lineCount: 30, gridSpacing: 18 },
          '#AAAAAA',
        ),
      ),
      cornell: titled(
        'Cornell',
        ruled('p', sheetArea, {
          lineSpacing: 24,
          lineCount: 16,
          verticalGuides: [0.28],
          topPadding: 24,
        }),
      ),
      dots: titled(
        'Dots',
        widget('dot_grid', {
          id: 'p',
          at: sheetArea,
          properties: { gridCellSize: 15, dotSize: 1.5, dotColor: '#777777' },
        }),
      ),
      squaredots: titled(
        'Square dots',
        widget('dot_grid', {
          id: 'p',
          at: sheetArea,
          properties: {
            gridCellSize: 20,
            dotSize: 2,
            dotShape: 'square',
            dotColor: '#555555',
            marginLeft: 10,
            marginTop: 10,
          },
        }),
      ),
    },
    sections: ['dotted', 'dashed', 'squares', 'cornell', 'dots', 'squaredots'].map((kind) =>
      section(kind),
    ),
  })
}
