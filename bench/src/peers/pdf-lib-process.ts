import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import fontkit from '@pdf-lib/fontkit'
import { PDFDocument, type PDFFont, type PDFPage, PDFName, type RGB, rgb } from 'pdf-lib'
import {
  type DrawnPage,
  type Drawing,
  type Mark,
  dotsOf,
  linesOf,
  serveDrawing,
} from './drawing.ts'

// pdf-lib as its guide uses it, with subset fonts; links by its objects, as it has no method for
// them.

serveDrawing(async ({ title, size, pages, fonts }: Drawing, path) => {
  const document = await PDFDocument.create()
  document.registerFontkit(fontkit)
  document.setTitle(title)
  const embedded = new Map<string, PDFFont>()
  for (const [name, file] of Object.entries(fonts)) {
    embedded.set(name, await document.embedFont(readFileSync(file), { subset: true }))
  }
  const added = pages.map(() => document.addPage([size.width, size.height]))
  pages.forEach(({ marks, links }, index) => {
    const page = added[index]
    if (!page) return
    for (const mark of marks) draw(page, mark, embedded)
    annotate(document, page, links, added)
  })
  await writeFile(path, await document.save())
})

function draw(page: PDFPage, mark: Mark, fonts: ReadonlyMap<string, PDFFont>): void {
  const top = page.getHeight()
  switch (mark.kind) {
    case 'fill': {
      const color = colorOf(mark.color)
      if (mark.shape.kind === 'dots') {
        const { size } = mark.shape
        for (const [x, y] of dotsOf(mark.shape)) {
          page.drawCircle({ x, y: top - y, size: size / 2, color })
        }
        return
      }
      const { x, y, width, height } = mark.shape.box
      page.drawRectangle({ x, y: top - y - height, width, height, color })
      return
    }
    case 'stroke':
      return stroke(page, mark)
    case 'text': {
      const { text, x, y, size } = mark
      const font = fonts.get(mark.font)
      const look = { x, y: top - y, size, color: colorOf(mark.color) }
      page.drawText(text, font ? { ...look, font } : look)
      return
    }
    case 'tickbox': {
      const { x, y, width, height } = mark.box
      page.drawRectangle({
        x,
        y: top - y - height,
        width,
        height,
        color: colorOf(mark.fillColor),
        borderColor: colorOf(mark.strokeColor),
        borderWidth: mark.lineWidth,
      })
    }
  }
}

function stroke(page: PDFPage, mark: Extract<Mark, { kind: 'stroke' }>): void {
  const top = page.getHeight()
  const { shape, width: thickness, dash } = mark
  const color = colorOf(mark.color)
  if (shape.kind === 'rectangle') {
    const { x, y, width, height } = shape.box
    const place = { x, y: top - y - height, width, height }
    page.drawRectangle({ ...place, borderColor: color, borderWidth: thickness })
    return
  }
  for (const [x1, y1, x2, y2] of linesOf(shape.points)) {
    const start = { x: x1, y: top - y1 }
    const end = { x: x2, y: top - y2 }
    page.drawLine({ start, end, thickness, color, dashArray: [...dash] })
  }
}

function annotate(
  document: PDFDocument,
  page: PDFPage,
  links: DrawnPage['links'],
  pages: readonly PDFPage[],
): void {
  const top = page.getHeight()
  const { context } = document
  const references = links.flatMap(({ box, page: number, top: to }) => {
    const target = pages[number - 1]
    if (!target) return []
    const { x, y, width, height } = box
    const annotation = context.obj({
      Type: 'Annot',
      Subtype: 'Link',
      Rect: [x, top - y - height, x + width, top - y],
      Border: [0, 0, 0],
      Dest: [target.ref, 'XYZ', 0, top - to, null],
    })
    return [context.register(annotation)]
  })
  page.node.set(PDFName.of('Annots'), context.obj(references))
}

function colorOf(color: string): RGB {
  const channel = (from: number) => Number.parseInt(color.slice(from, from + 2), 16) / 255
  return rgb(channel(1), channel(3), channel(5))
}
