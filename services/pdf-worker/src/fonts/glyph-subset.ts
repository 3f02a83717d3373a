/**
 * The letters of a TrueType font that a document uses, as a font of their own. Outlines are copied
 * byte for byte: fontkit's own subset takes every table apart and puts it together again, which
 * costs a document of three faces as much time as its pages do.
 */
export interface GlyphSubset {
  /** The letter's number in the subset; a letter that comes again keeps it. */
  includeGlyph(id: number): number
  /** The font file. Includes what the letters are composed of. */
  encode(): Uint8Array
}

interface Tables {
  readonly file: Buffer
  readonly at: ReadonlyMap<string, { readonly offset: number; readonly length: number }>
}

const trueType = 0x00010000
const appleTrueType = 0x74727565 // "true"
const headerBytes = 12
const recordBytes = 16
/** What PDF 1.7, 9.9 asks of an embedded TrueType font. */
const required = ['glyf', 'head', 'hhea', 'hmtx', 'loca', 'maxp']
const copied = ['cvt ', 'fpgm', 'prep']
const lettersMax = 65_535

/** Whether the file is one whose outlines can be copied: plain TrueType, nothing packed. */
export function hasPlainOutlines(file: Buffer): boolean {
  if (file.length < headerBytes) return false
  const kind = file.readUInt32BE(0)
  if (kind !== trueType && kind !== appleTrueType) return false
  const { at } = readTables(file)
  return required.every((tag) => at.has(tag)) && !at.has('fvar')
}

export function createGlyphSubset(file: Buffer): GlyphSubset {
  const tables = readTables(file)
  const included: number[] = [0] // a font begins with the letter for what it lacks
  const numbers = new Map<number, number>([[0, 0]])

  function includeGlyph(id: number): number {
    const known = numbers.get(id)
    if (known !== undefined) return known
    if (included.length >= lettersMax) throw new Error('A font has at most 65,535 letters.')
    const number = included.length
    included.push(id)
    numbers.set(id, number)
    return number
  }

  return { includeGlyph, encode: () => encodeSubset(tables, included, includeGlyph) }
}

function readTables(file: Buffer): Tables {
  const at = new Map<string, { offset: number; length: number }>()
  const count = file.readUInt16BE(4)
  for (let index = 0; index < count; index += 1) {
    const record = headerBytes + index * recordBytes
    if (record + recordBytes > file.length) break
    const offset = file.readUInt32BE(record + 8)
    const length = file.readUInt32BE(record + 12)
    if (offset + length > file.length) continue
    at.set(file.toString('latin1', record, record + 4), { offset, length })
  }
  return { file, at }
}

function table({ file, at }: Tables, tag: string): Buffer {
  const place = at.get(tag)
  if (!place) throw new Error(`The font has no table ${tag}.`)
  return file.subarray(place.offset, place.offset + place.length)
}

/** `included` grows while it is walked: a letter's parts come after it. */
function encodeSubset(tables: Tables, included: number[], include: (id: number) => number) {
  const outlines = table(tables, 'glyf')
  const locate = outlineLocator(tables)
  const pieces: Buffer[] = []
  const offsets: number[] = []
  let length = 0
  for (let number = 0; number < included.length; number += 1) {
    const { start, end } = locate(included[number] ?? 0)
    const piece = renumberParts(outlines.subarray(start, end), include)
    offsets.push(length)
    pieces.push(piece)
    length += piece.length
    if (piece.length % 4 !== 0) {
      const padding = Buffer.alloc(4 - (piece.length % 4))
      pieces.push(padding)
      length += padding.length
    }
  }
  offsets.push(length)
  return encodeFont(tables, included, Buffer.concat(pieces, length), offsets)
}

function encodeFont(tables: Tables, included: number[], glyf: Buffer, offsets: number[]) {
  const head = Buffer.from(table(tables, 'head'))
  head.writeUInt32BE(0, 8) // the checksum of the whole, which no reader of PDF looks at
  head.writeInt16BE(1, 50) // long offsets
  const hhea = Buffer.from(table(tables, 'hhea'))
  hhea.writeUInt16BE(included.length, 34)
  const maxp = Buffer.from(table(tables, 'maxp'))
  maxp.writeUInt16BE(included.length, 4)
  const loca = Buffer.alloc(offsets.length * 4)
  offsets.forEach((offset, index) => loca.writeUInt32BE(offset, index * 4))
  const parts = new Map<string, Buffer>([
    ['glyf', glyf],
    ['head', head],
    ['hhea', hhea],
    ['hmtx', encodeAdvances(tables, included)],
    ['loca', loca],
    ['maxp', maxp],
  ])
  for (const tag of copied) if (tables.at.has(tag)) parts.set(tag, table(tables, tag))
  return joinTables(new Map([...parts].sort(([a], [b]) => (a < b ? -1 : 1))))
}

function outlineLocator(tables: Tables) {
  const loca = table(tables, 'loca')
  const isLong = table(tables, 'head').readInt16BE(50) === 1
  const count = table(tables, 'maxp').readUInt16BE(4)
  const read = (id: number) => (isLong ? loca.readUInt32BE(id * 4) : loca.readUInt16BE(id * 2) * 2)
  return (id: number) => {
    if (id >= count) return { start: 0, end: 0 }
    return { start: read(id), end: read(id + 1) }
  }
}

function encodeAdvances(tables: Tables, included: readonly number[]) {
  const hmtx = table(tables, 'hmtx')
  const count = table(tables, 'hhea').readUInt16BE(34)
  const result = Buffer.alloc(included.length * 4)
  included.forEach((id, number) => {
    const withAdvance = Math.min(id, count - 1)
    result.writeUInt16BE(hmtx.readUInt16BE(withAdvance * 4), number * 4)
    const bearingAt = id < count ? id * 4 + 2 : count * 4 + (id - count) * 2
    if (bearingAt + 2 <= hmtx.length) {
      result.writeInt16BE(hmtx.readInt16BE(bearingAt), number * 4 + 2)
    }
  })
  return result
}

const moreParts = 0x20
const argumentsAreWords = 0x01
const hasScale = 0x08
const hasTwoScales = 0x40
const hasMatrix = 0x80

/** A composed letter names its parts by number; in the subset they have others. */
function renumberParts(outline: Buffer, include: (id: number) => number): Buffer {
  if (outline.length < 10 || outline.readInt16BE(0) >= 0) return outline
  const result = Buffer.from(outline)
  let at = 10
  let flags = moreParts
  while ((flags & moreParts) !== 0 && at + 4 <= result.length) {
    flags = result.readUInt16BE(at)
    result.writeUInt16BE(include(result.readUInt16BE(at + 2)), at + 2)
    at += 4 + ((flags & argumentsAreWords) !== 0 ? 4 : 2)
    if ((flags & hasScale) !== 0) at += 2
    else if ((flags & hasTwoScales) !== 0) at += 4
    else if ((flags & hasMatrix) !== 0) at += 8
  }
  return result
}

function joinTables(parts: ReadonlyMap<string, Buffer>): Buffer {
  const count = parts.size
  const power = 2 ** Math.floor(Math.log2(count))
  const directory = Buffer.alloc(headerBytes + count * recordBytes)
  directory.writeUInt32BE(trueType, 0)
  directory.writeUInt16BE(count, 4)
  directory.writeUInt16BE(power * recordBytes, 6)
  directory.writeUInt16BE(Math.log2(power), 8)
  directory.writeUInt16BE((count - power) * recordBytes, 10)
  const pieces: Buffer[] = [directory]
  let offset = directory.length
  let record = headerBytes
  for (const [tag, part] of parts) {
    const padded =
      part.length % 4 === 0 ? part : Buffer.concat([part], part.length + 4 - (part.length % 4))
    directory.write(tag, record, 'latin1')
    directory.writeUInt32BE(checksum(padded), record + 4)
    directory.writeUInt32BE(offset, record + 8)
    directory.writeUInt32BE(part.length, record + 12)
    pieces.push(padded)
    offset += padded.length
    record += recordBytes
  }
  return Buffer.concat(pieces, offset)
}

function checksum(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at + 4 <= bytes.length; at += 4) sum = (sum + bytes.readUInt32BE(at)) >>> 0
  return sum
}
