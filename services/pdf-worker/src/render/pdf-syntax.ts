/** How values are written in a PDF (ISO 32000-1, 7.3). */

/** At most three digits after the point: a thousandth of a point is less than any device shows. */
export function number(value: number): string {
  return String(Math.round(value * 1_000) / 1_000)
}

export function numbers(...values: readonly number[]): string {
  return values.map(number).join(' ')
}

const special = /[\\()\r\n\t\b\f]/g
const plain = /^[\u0020-\u007e\r\n\t]*$/

/** A string of text: as it is where it is ASCII, else UTF-16 with its mark. */
export function text(value: string): string {
  if (plain.test(value))
    return `(${value.replace(special, (each) => `\\${escapes.get(each) ?? each}`)})`
  const bytes = Buffer.from(`\ufeff${value}`, 'utf16le').swap16()
  return `<${bytes.toString('hex')}>`
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\r', 'r'],
  ['\n', 'n'],
  ['\t', 't'],
  ['\b', 'b'],
  ['\f', 'f'],
])

/** A name; all but letters, digits and a few marks is written by its number. */
export function name(value: string): string {
  const bytes = Buffer.from(value, 'utf8')
  let result = '/'
  for (const byte of bytes) {
    const character = String.fromCharCode(byte)
    result += /[A-Za-z0-9_.-]/.test(character)
      ? character
      : `#${byte.toString(16).padStart(2, '0')}`
  }
  return result
}

export function dictionary(entries: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(entries).flatMap(([key, value]) =>
    value === undefined ? [] : [`/${key} ${value}`],
  )
  return `<<${parts.join(' ')}>>`
}
