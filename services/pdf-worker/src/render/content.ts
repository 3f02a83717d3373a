import type { Box } from '../compiler/box.ts'
import type {
  Dots,
  Fill,
  Mark,
  Picture,
  Stroke,
  TextMark,
  Tickbox,
} from '../layout/display-list.ts'
import { pathOf, rectangle } from './pdf-path.ts'
import { number, numbers } from './pdf-syntax.ts'
import { drawnTickbox } from './tickbox.ts'

/** What contents refer to by name; each is made when it is first asked for, and then shared. */
export interface Resources {
  /** A text as operators: in each font that it takes, what shows its letters. */
  letters(text: string, font: string): readonly Letters[]
  /** A graphics state with this opacity. */
  opacity(value: number): string
  /** A form that draws the dots, from the first one on, in the colour that is set. */
  dots(dots: Dots): string
  /** Undefined where there is no picture to draw. */
  picture(mark: Picture): PlacedPicture | undefined
}

export interface Letters {
  readonly font: string
  readonly show: string
}

export interface PlacedPicture {
  readonly name: string
  readonly box: Box
}

/**
 * Writes marks as the operators of a content stream. Nothing is said twice: colours, pens and fonts
 * hold until they change. A form begins in the state that its page happens to be in, and so takes
 * nothing for granted.
 */
export interface Content {
  draw(marks: readonly Mark[]): void
  /** Shows a form that covers the page. */
  show(form: string): void
  /** The operators so far. */
  text(): string
}

interface Writer {
  operators: string
  state: State
  /** Of the page: PDF counts upwards. */
  readonly height: number
  readonly resources: Resources
  readonly drawsTickboxes: boolean
}

interface State {
  readonly fillColor: string
  readonly strokeColor: string
  readonly pen: string
  readonly font: string
}

const unknownState: State = { fillColor: '', strokeColor: '', pen: '', font: '' }
const capNumbers = { butt: 0, round: 1, square: 2 } as const

export interface ContentOptions {
  readonly height: number
  readonly resources: Resources
  /** False where boxes to tick are fields of the form, which draw themselves. */
  readonly drawsTickboxes: boolean
}

export function createContent(options: ContentOptions): Content {
  const writer: Writer = { ...options, operators: '', state: unknownState }
  return {
    draw(marks) {
      for (const mark of marks) drawMark(writer, mark)
    },
    show(form) {
      writer.operators += `/${form} Do\n`
    },
    text: () => writer.operators,
  }
}

function drawMark(writer: Writer, mark: Mark): void {
  switch (mark.kind) {
    case 'fill':
      return drawFill(writer, mark)
    case 'stroke':
      return withOpacity(writer, mark.opacity, () => drawStroke(writer, mark))
    case 'text':
      return withClip(writer, mark.clip, () => drawText(writer, mark))
    case 'picture':
      return withOpacity(writer, mark.opacity, () => drawPicture(writer, mark))
    case 'tickbox':
      return drawTickbox(writer, mark)
  }
}

function drawFill(writer: Writer, { shape, color, opacity }: Fill): void {
  withOpacity(writer, opacity, () => {
    setFillColor(writer, color)
    if (shape.kind !== 'dots') {
      writer.operators += `${pathOf(shape, writer.height)}f\n`
      return
    }
    const form = writer.resources.dots(shape)
    const at = numbers(shape.x, writer.height - shape.y)
    writer.operators += `q 1 0 0 1 ${at} cm /${form} Do Q\n`
  })
}

function drawStroke(writer: Writer, { shape, color, width, dash, cap }: Stroke): void {
  if (color !== writer.state.strokeColor) {
    writer.operators += `${colorOperands(color)} ${isGrey(color) ? 'G' : 'RG'}\n`
    writer.state = { ...writer.state, strokeColor: color }
  }
  const pen = `${number(width)} w [${numbers(...dash)}] 0 d ${capNumbers[cap]} J\n`
  if (pen !== writer.state.pen) {
    writer.operators += pen
    writer.state = { ...writer.state, pen }
  }
  writer.operators += `${pathOf(shape, writer.height)}S\n`
}

const turns = { right: '', down: '0 -1 1 0', up: '0 1 -1 0' } as const

function drawText(writer: Writer, mark: TextMark): void {
  setFillColor(writer, mark.color)
  const at = numbers(mark.x, writer.height - mark.y)
  const turn = turns[mark.direction]
  let operators = turn === '' ? `BT ${at} Td` : `BT ${turn} ${at} Tm`
  for (const { font, show } of writer.resources.letters(mark.text, mark.font)) {
    const selected = `/${font} ${number(mark.size)} Tf`
    if (selected !== writer.state.font) {
      operators += ` ${selected}`
      writer.state = { ...writer.state, font: selected }
    }
    operators += ` ${show}`
  }
  writer.operators += `${operators} ET\n`
}

function drawPicture(writer: Writer, mark: Picture): void {
  const placed = writer.resources.picture(mark)
  if (!placed) return
  const { x, y, width, height } = placed.box
  const matrix = `${numbers(width, 0, 0, height, x, writer.height - y - height)} cm`
  writer.operators += `q ${matrix} /${placed.name} Do Q\n`
}

function drawTickbox(writer: Writer, mark: Tickbox): void {
  if (!writer.drawsTickboxes) return
  for (const part of drawnTickbox(mark)) drawMark(writer, part)
}

function setFillColor(writer: Writer, color: string): void {
  if (color === writer.state.fillColor) return
  writer.operators += `${colorOperands(color)} ${isGrey(color) ? 'g' : 'rg'}\n`
  writer.state = { ...writer.state, fillColor: color }
}

function withOpacity(writer: Writer, opacity: number, draw: () => void): void {
  if (opacity >= 1) return draw()
  withState(writer, `/${writer.resources.opacity(opacity)} gs`, draw)
}

function withClip(writer: Writer, clip: Box | null, draw: () => void): void {
  if (!clip) return draw()
  withState(writer, `${rectangle(clip, writer.height)}W n`, draw)
}

/** What is set inside is forgotten after it. */
function withState(writer: Writer, operators: string, draw: () => void): void {
  const before = writer.state
  writer.operators += `q ${operators}\n`
  draw()
  writer.operators += 'Q\n'
  writer.state = before
}

const isGrey = (color: string) => {
  const red = color.slice(1, 3).toLowerCase()
  return red === color.slice(3, 5).toLowerCase() && red === color.slice(5, 7).toLowerCase()
}

function colorOperands(color: string): string {
  const channel = (from: number) => number(Number.parseInt(color.slice(from, from + 2), 16) / 255)
  return isGrey(color) ? channel(1) : `${channel(1)} ${channel(3)} ${channel(5)}`
}
