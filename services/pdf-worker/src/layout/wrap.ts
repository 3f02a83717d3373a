/** What is not broken unless it is wider than a whole line. */
export interface Word {
  readonly text: string
  readonly font: string
  /** Follows the word before it without a space. */
  readonly isGlued: boolean
}

type WidthOf = (text: string, font: string) => number

/**
 * The lines of a text in a room: newlines end lines, empty ones stay, words are moved down whole
 * where they do not fit, and only a word that is wider than the room is cut between its letters.
 * Several spaces count as one.
 */
export function wrap(text: string, font: string, room: number, widthOf: WidthOf): string[] {
  return linesOf(text).flatMap((line) =>
    wrapWords(wordsOf(line, font), room, widthOf).map(joinWords),
  )
}

export const linesOf = (text: string) => text.split(/\r\n|\r|\n/)

export const joinWords = (words: readonly Word[]) =>
  words.map(({ text, isGlued }, index) => (index === 0 || isGlued ? text : ` ${text}`)).join('')

export function wordsOf(line: string, font: string): Word[] {
  return line
    .split(/[ \t]+/)
    .filter((text) => text !== '')
    .map((text) => ({ text, font, isGlued: false }))
}

/** No font kerns a space, so that a line is as wide as its words and spaces together. */
export function wrapWords(words: readonly Word[], room: number, widthOf: WidthOf): Word[][] {
  const lines: Word[][] = []
  let line: Word[] = []
  let width = 0
  for (const word of words) {
    const gap = word.isGlued ? 0 : widthOf(' ', word.font)
    const wordWidth = widthOf(word.text, word.font)
    if (line.length > 0 && width + gap + wordWidth <= room) {
      line.push(word)
      width += gap + wordWidth
      continue
    }
    if (line.length > 0) lines.push(line)
    const pieces = wordWidth <= room ? [word] : cutWord(word, room, widthOf)
    const last = pieces.pop() ?? word
    for (const piece of pieces) lines.push([piece])
    line = [last]
    width = widthOf(last.text, last.font)
  }
  return [...lines, line]
}

/** Chinese and Japanese write whole sentences as what looks like one word. */
function cutWord({ text, font }: Word, room: number, widthOf: WidthOf): Word[] {
  const pieces: string[] = []
  let piece = ''
  let width = 0
  for (const letter of text) {
    const letterWidth = widthOf(letter, font)
    if (piece !== '' && width + letterWidth > room) {
      pieces.push(piece)
      piece = ''
      width = 0
    }
    piece += letter
    width += letterWidth
  }
  return [...pieces, piece].map((each) => ({ text: each, font, isGlued: false }))
}
