import { section, widget } from '../planner-content.ts'
import {
  anchorOf,
  arrowTo,
  columnsOf,
  heading,
  plannerFor,
  rowsOf,
  sheetOf,
  within,
  write,
} from './sheet.ts'

/** A board held sideways: columns of cards, rounded, with tabs that read up along the edge. */
export function board() {
  const sheet = sheetOf('boox-note-air-4c-landscape')
  const { area } = sheet
  const [x, y, width, height] = area
  const names = ['Someday', 'Next', 'Doing', 'Done']
  const columns = columnsOf([x + 48, y + 34, width - 48, height - 34], 4, 12)
  return plannerFor(sheet, 'Board', {
    masters: {
      board: [
        anchorOf('board:{index}'),
        widget('link_list', {
          id: 'tabs',
          at: [x, y, 34, height],
          styling: { color: '#000000', size: 11, textAlign: 'center' },
          properties: {
            labels: ['One', 'Two', 'Three'],
            destinations: ['board:1', 'board:2', 'board:3'],
            orientation: 'vertical_ccw',
            columns: 3,
            gapX: 6,
            highlightIndex: '{index}',
            backgroundColor: '#EEEEEE',
            highlightColor: '#BBBBBB',
          },
        }),
        ...columns.flatMap((column, index) => [
          write(`name${index}`, [column[0], y, column[2], 24], names[index] ?? '', {
            ...heading,
            size: 13,
            textAlign: 'center',
          }),
          ...rowsOf(column, 4, 10).map((at, row) =>
            widget('box', {
              id: `card${index}-${row}`,
              at,
              styling: { strokeColor: '#777777', lineWidth: 0.75 },
              properties: { cornerRadius: 8 },
            }),
          ),
          widget('vertical_line', {
            id: `edge${index}`,
            at: [column[0] - 8, y + 34, 4, height - 34],
            properties: { lineThickness: 0.75, strokeColor: '#BBBBBB' },
          }),
        ]),
        arrowTo('following', within(area, width - 40, height - 32, 40, 32), '›', 'board(@index+1)'),
      ],
      last: [
        anchorOf('board:4'),
        write('end', within(area, 60, 40, 200, 30), 'That is all.', { ...heading }),
      ],
    },
    sections: [section('board', { generate: 'count', count: 3 }), section('last')],
  })
}
