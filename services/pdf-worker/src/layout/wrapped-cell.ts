import type { Box } from '../compiler/box.ts'
import type { TextStyle } from '../compiler/compiled-widget.ts'
import type { Metrics } from '../fonts/typesetter.ts'
import type { Mark } from './display-list.ts'
import { startOf } from './text-line.ts'
import { type Word, joinWords, linesOf, wordsOf, wrapWords } from './wrap.ts'

const leading = 1.2 // of the size

/**
 * A cell's text that wraps: as many of its own lines as are wanted, broken where they do not fit;
 * what is too much spills over the cell. `<b>` makes bold what stands in it.
 */
export function layWrapped(
  text: string,
  box: Box,
  style: TextStyle,
  linesMax: number,
  metrics: Metrics,
): Mark[] {
  const widthOf = (each: string, font: string) => metrics.widthOf(each, font, style.size)
  const lines = linesWithBold(text, style.font, metrics)
    .slice(0, linesMax)
    .flatMap((words) => wrapWords(words, box.width, widthOf))
  const pitch = style.size * leading
  const top = box.y + (box.height - lines.length * pitch) / 2
  return lines.flatMap((words, index) => {
    const stretches = stretchesOf(words)
    const widths = stretches.map((each) => widthOf(each.text, each.font))
    const free = box.width - widths.reduce((sum, width) => sum + width, 0)
    const baseline = top + index * pitch + (pitch + style.size) / 2
    let x = box.x + startOf(style.textAlign, free)
    return stretches.map(({ text: stretch, font }, place): Mark => {
      const from = x
      x += widths[place] ?? 0
      const { size, color } = style
      const at = { x: from, y: baseline, direction: 'right' as const, clip: null }
      return { kind: 'text', text: stretch, font, size, color, ...at }
    })
  })
}

function linesWithBold(text: string, font: string, metrics: Metrics): Word[][] {
  let isBold = false
  return linesOf(text).map((line) =>
    line.split(/(<\/?b>)/).flatMap((piece, index, pieces) => {
      if (index % 2 === 1) {
        isBold = piece === '<b>'
        return []
      }
      const words = wordsOf(piece, isBold ? metrics.boldOf(font) : font)
      const isGlued = /\S$/.test(pieces[index - 2] ?? '') && /^\S/.test(piece)
      return words.map((word, place) => (place === 0 ? { ...word, isGlued } : word))
    }),
  )
}

/** Words of one font that follow each other are set as one text. */
function stretchesOf(words: readonly Word[]): { text: string; font: string }[] {
  const groups: Word[][] = []
  for (const word of words) {
    const group = groups.at(-1)
    if (group?.[0]?.font === word.font) group.push(word)
    else groups.push([word])
  }
  return groups.flatMap((group, index) => {
    const [first] = group
    if (!first) return []
    const space = index === 0 || first.isGlued ? '' : ' '
    return [{ text: space + joinWords(group), font: first.font }]
  })
}
