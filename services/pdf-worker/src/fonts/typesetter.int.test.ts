import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { library } from '../../test/rendering.ts'
import { faces } from './faces.ts'
import { createTypesetter } from './typesetter.ts'

const none: ReadonlyMap<string, Buffer> = new Map()
const typesetter = (locale = 'en', tenantFonts = none) =>
  createTypesetter({ library, locale, tenantFonts })
const fontsOf = (text: string, font = 'Helvetica', locale = 'en') =>
  typesetter(locale)
    .shape(text, font)
    .runs.map((run) => run.font.name)

const pathOf = (path: string) => createRequire(import.meta.url).resolve(path)
const jetBrains = pathOf(
  '@expo-google-fonts/jetbrains-mono/400Regular/JetBrainsMono_400Regular.ttf',
)

it('every face opens', () => {
  const broken = [...faces.keys()].filter((face) => !library.font(face).glyphOf(0x41))
  expect(broken).toEqual([])
})

describe('a text in a face', () => {
  it('is as wide as in the font that it stands for', () => {
    const widths = typesetter()
    expect(widths.widthOf('M', 'Helvetica', 1_000)).toBeCloseTo(833, 0)
    expect(widths.widthOf('M', 'Times-Roman', 1_000)).toBeCloseTo(889, 0)
    expect(widths.widthOf('M', 'Courier', 1_000)).toBeCloseTo(600, 0)
  })

  it('is kerned as fontkit does it', () => {
    const { program } = library.font('Helvetica')
    const text = 'AVATAR,To.Wave'
    const expected = (program.layout(text).advanceWidth * 1_000) / program.unitsPerEm
    expect(typesetter().shape(text, 'Helvetica').width).toBeCloseTo(expected, -1)
  })

  it('has Latin, Cyrillic and Greek in every face of the fourteen and of old projects', () => {
    for (const face of ['Helvetica', 'Times-Bold', 'Courier', 'DejaVu Serif', 'JetBrains Mono']) {
      expect(fontsOf('ąść ğ Київ Ωμέγα', face)).toHaveLength(1)
    }
  })

  it('takes from another face what its own lacks, never a square', () => {
    expect(fontsOf('a ✓')).toEqual(['Arimo-Regular', 'DejaVuSans'])
    expect(fontsOf('来週', 'Helvetica', 'ja')).toEqual(['NotoSansJP-Regular'])
    expect(fontsOf('下周', 'Helvetica', 'zh')).toEqual(['NotoSansSC-Regular'])
    expect(fontsOf('周', 'Helvetica-Bold', 'zh')).toEqual(['NotoSansSC-Bold'])
  })

  it('leaves out what no font has, and says so once', () => {
    const set = typesetter()
    expect(set.shape('a\u{1F9FF}b\u{1F9FF}', 'Helvetica').runs[0]?.glyphs).toHaveLength(2)
    expect(set.findings).toEqual([
      { code: 'character-missing', detail: 'no font has U+1F9FF \u{1F9FF}' },
    ])
  })

  it('draws no sign for controls, joiners and marks of direction, and a blank for a tab', () => {
    const { runs } = typesetter().shape('a\u200b\u0007\ufe0f\tb', 'Helvetica')
    expect(runs.flatMap(({ glyphs }) => glyphs.map(({ codePoint }) => codePoint))).toEqual([
      0x61, 0x20, 0x62,
    ])
  })

  it('joins letters and their accents', () => {
    expect(typesetter().shape('e\u0301', 'Helvetica').runs[0]?.glyphs).toHaveLength(1)
  })
})

describe('a font of the tenant', () => {
  it('is set by the name that styles use for it', () => {
    const set = typesetter('en', new Map([['ast_1', readFileSync(jetBrains)]]))
    expect(set.shape('text', 'ast_1').runs[0]?.font.name).toBe('JetBrainsMono-Regular')
  })

  it('that cannot be read is replaced, and told of', () => {
    const set = typesetter('en', new Map([['ast_1', Buffer.from('no font')]]))
    expect(set.shape('text', 'ast_1').runs[0]?.font.name).toBe('Arimo-Regular')
    expect(set.findings).toEqual([
      { code: 'font-unreadable', detail: 'ast_1: the file is no font that can be read' },
    ])
  })

  it('is refused or set as far as it can be read, however it is broken', () => {
    const bytes = readFileSync(jetBrains)
    const cut = [0, 4, 12, 100, 5_000, 60_000].map((length) => bytes.subarray(0, length))
    const spoilt = Array.from({ length: 40 }, (_, index) =>
      Buffer.from(bytes).fill(0xff, index * 40 + 4, index * 40 + 40),
    )
    for (const file of [...cut, ...spoilt]) {
      const set = typesetter('en', new Map([['ast_1', file]]))
      expect(set.widthOf('AVA fi', 'ast_1', 10)).toBeGreaterThan(0)
    }
  })
})
