import { section, widget } from '../planner-content.ts'
import {
  anchorOf,
  heading,
  linkTo,
  plannerFor,
  rule,
  ruled,
  sheetOf,
  type Sheet,
  within,
  write,
} from './sheet.ts'

/** An index of a hundred notes, in the list's newer and older form, and notes on three papers. */
export function notesIndex() {
  const sheet = sheetOf('remarkable-paper-pro')
  const { area } = sheet
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
      index: index(sheet),
      more: more(sheet),
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

function index({ area }: Sheet) {
  const numbers = Array.from({ length: 60 }, (_, at) => at + 1)
  return [
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
  ]
}

/** In the older form of the list. */
function more({ area }: Sheet) {
  return [
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
  ]
}

/** Papers to write on: every style of lines, and grids of dots. */
export function papers() {
  const sheet = sheetOf('kobo-sage')
  const paper = within(sheet.area, 0, 26)
  const lines = (said: object) => ruled('paper', paper, { lineSpacing: 24, lineCount: 30, ...said })
  const squares = { lineStyle: 'grid', lineSpacing: 18, gridSpacing: 18 }
  const dots = (properties: Readonly<Record<string, unknown>>) =>
    widget('dot_grid', {
      id: 'paper',
      at: paper,
      properties: { dotColor: '#777777', ...properties },
    })
  const shown = {
    Dotted: lines({ lineStyle: 'dotted', lineCap: 'round' }),
    Dashed: lines({ lineStyle: 'dashed', columns: 2, columnGap: 24 }),
    Squares: ruled('paper', paper, { lineCount: 30, ...squares }, '#AAAAAA'),
    Cornell: lines({ lineCount: 16, verticalGuides: [0.28], topPadding: 24 }),
    Dots: dots({ gridCellSize: 15, dotSize: 1.5 }),
    'Square dots': dots({ gridCellSize: 20, dotSize: 2, dotShape: 'square', marginTop: 10 }),
  }
  const masters = Object.entries(shown).map(([name, drawn]) => {
    const title = within(sheet.area, 0, 0, 200, 18)
    return [name, [write('title', title, name, { ...heading, size: 12 }), drawn]] as const
  })
  return plannerFor(sheet, 'Papers', {
    masters: Object.fromEntries(masters),
    sections: masters.map(([name]) => section(name)),
  })
}
