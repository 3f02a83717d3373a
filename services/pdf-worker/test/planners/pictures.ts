import { section, widget } from '../planner-content.ts'
import { columnsOf, heading, plannerFor, rowsOf, rule, sheetOf, within, write } from './sheet.ts'

/** The assets that these planners name; who draws them has to have the bytes. */
export const pictureIds = {
  photograph: `ast_${'1'.repeat(32)}`,
  drawing: `ast_${'2'.repeat(32)}`,
  photographJpeg: `ast_${'3'.repeat(32)}`,
} as const

/** Pictures in every fit, in colour and grey, whole and faint. */
export function pictures() {
  const sheet = sheetOf('boox-go-color-7-portrait')
  const { area } = sheet
  const [first, second, third] = rowsOf(within(area, 0, 30), 3, 12)
  const cells = [first, second, third].flatMap((row) => (row ? columnsOf(row, 2, 12) : []))
  const shown = [
    { assetId: pictureIds.photograph },
    { assetId: pictureIds.photograph, convertToGrayscale: true },
    { assetId: pictureIds.photographJpeg, imageFit: 'stretch' },
    { assetId: pictureIds.photographJpeg, opacity: 0.4 },
    { assetId: pictureIds.drawing },
    { assetId: pictureIds.drawing, imageFit: 'actual' },
  ]
  return plannerFor(sheet, 'Pictures', {
    masters: {
      pictures: [
        write('title', within(area, 0, 0, 200, 22), 'Pictures', heading),
        ...shown.map((properties, index) =>
          widget('image', { id: `p${index}`, at: cells[index] ?? area, properties }),
        ),
      ],
    },
    sections: [section('pictures')],
  })
}

/** Type in every face, size, direction and place. */
export function specimen() {
  const sheet = sheetOf('kindle-paperwhite')
  const { area } = sheet
  const faces = [
    'Helvetica',
    'Helvetica-BoldOblique',
    'Times-Roman',
    'Times-BoldItalic',
    'Courier',
    'DejaVu Sans',
    'DejaVu Serif Bold',
    'JetBrains Mono',
  ]
  const rows = rowsOf(within(area, 0, 0, area[2] - 40, 176), faces.length)
  const lorem =
    'Words are set as wide as their box,\nand a line of their own where one is asked for.\n\n' +
    'Averylongwordthatfitsnolineisbrokenwherethelineends.'
  return plannerFor(sheet, 'Type', {
    masters: {
      type: [
        ...faces.map((font, index) =>
          write(`face${index}`, rows[index] ?? area, `${font}: Ąę Žluť 0123`, {
            font,
            size: 10,
          }),
        ),
        write(
          'down',
          within(area, area[2] - 34, 0, 14, 170),
          'reads down',
          { size: 10 },
          { properties: { orientation: 'vertical' } },
        ),
        write(
          'up',
          within(area, area[2] - 16, 0, 14, 170),
          'reads up',
          { size: 10, underline: true },
          { properties: { orientation: 'vertical_ccw' } },
        ),
        rule('rule', within(area, 0, 182, area[2], 2)),
        write('wrapped', within(area, 0, 188, area[2] / 2 - 6, 130), lorem, { size: 10 }),
        write('centred', within(area, area[2] / 2, 188, area[2] / 2, 60), 'centred\nunder a line', {
          size: 12,
          textAlign: 'center',
          underline: true,
        }),
        write('right', within(area, area[2] / 2, 250, area[2] / 2, 40), 'to the right', {
          size: 14,
          textAlign: 'right',
          lineHeight: 2,
        }),
      ],
    },
    sections: [section('type')],
  })
}
