import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import PDFDocument from 'pdfkit'
import { type Drawing, type Mark, type Outline, dotsOf, linesOf, serveDrawing } from './drawing.ts'

// pdfkit as its guide uses it: a page after the other, each mark by the method for it.

serveDrawing(async ({ title, size, pages, outlines, fonts }: Drawing, path) => {
  const document = new PDFDocument({
    size: [size.width, size.height],
    margin: 0,
    autoFirstPage: false,
    info: { Title: title },
  })
  const out = createWriteStream(path)
  document.pipe(out)
  for (const [name, file] of Object.entries(fonts)) document.registerFont(name, file)
  const targets = new Map<number, Set<number>>()
  for (const { links } of pages) {
    for (const { page, top } of links) targets.set(page, (targets.get(page) ?? new Set()).add(top))
  }
  pages.forEach(({ marks, links }, index) => {
    document.addPage()
    for (const mark of marks) draw(document, mark)
    for (const top of targets.get(index + 1) ?? []) {
      document.addNamedDestination(`${index + 1}-${top}`, 'XYZ', 0, top, null)
    }
    for (const { box, page, top } of links) {
      document.goTo(box.x, box.y, box.width, box.height, `${page}-${top}`)
    }
    for (const entry of outlines) if (entry.page === index + 1) addOutline(document.outline, entry)
  })
  document.end()
  await once(out, 'finish')
})

function addOutline(parent: PDFKit.PDFOutline, { title, children }: Outline): void {
  const added = parent.addItem(title)
  for (const child of children) addOutline(added, child)
}

function draw(document: PDFKit.PDFDocument, mark: Mark): void {
  switch (mark.kind) {
    case 'fill': {
      if (mark.shape.kind === 'dots') {
        for (const [x, y] of dotsOf(mark.shape)) document.circle(x, y, mark.shape.size / 2)
        document.fill(mark.color)
        return
      }
      const { x, y, width, height } = mark.shape.box
      document.rect(x, y, width, height).fill(mark.color)
      return
    }
    case 'stroke':
      return stroke(document, mark)
    case 'text':
      document.font(mark.font).fontSize(mark.size).fillColor(mark.color)
      document.text(mark.text, mark.x, mark.y, { lineBreak: false, baseline: 'alphabetic' })
      return
    case 'tickbox': {
      const { x, y, width, height } = mark.box
      document.rect(x, y, width, height).lineWidth(mark.lineWidth)
      document.fillAndStroke(mark.fillColor, mark.strokeColor)
    }
  }
}

function stroke(document: PDFKit.PDFDocument, mark: Extract<Mark, { kind: 'stroke' }>): void {
  const { shape, dash, width, color } = mark
  document.lineWidth(width).strokeColor(color)
  const [on, space] = dash
  if (on === undefined || space === undefined) document.undash()
  else document.dash(on, { space })
  if (shape.kind === 'rectangle') {
    document.rect(shape.box.x, shape.box.y, shape.box.width, shape.box.height)
  } else {
    for (const [x1, y1, x2, y2] of linesOf(shape.points)) document.moveTo(x1, y1).lineTo(x2, y2)
  }
  document.stroke()
}
