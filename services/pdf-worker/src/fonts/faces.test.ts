import { describe, expect, it } from 'vitest'
import { boldOf, faceOf, faces, fallbacksOf } from './faces.ts'

describe('the face that a project names', () => {
  it('is one of the fourteen PDF fonts by its exact name', () => {
    expect(faceOf('Times-Roman')).toBe('Times-Roman')
    expect(faceOf('times-roman')).toBe('Helvetica')
  })

  it('is DejaVu or JetBrains Mono whatever the case, spaces and hyphens', () => {
    expect(faceOf('DejaVu Serif Bold')).toBe('DejaVuSerif-Bold')
    expect(faceOf('dejavuserif-bold')).toBe('DejaVuSerif-Bold')
    expect(faceOf('JETBRAINS MONO')).toBe('JetBrains Mono')
    expect(faceOf('JetBrainsMono-SemiBold')).toBe('JetBrains Mono SemiBold')
  })

  it('is Courier where the name holds that word, else Helvetica', () => {
    expect(faceOf('Courier New')).toBe('Courier')
    expect(faceOf('Comic Sans')).toBe('Helvetica')
    expect(faceOf('')).toBe('Helvetica')
  })
})

describe('the bold face', () => {
  it('keeps the slant', () => {
    expect(boldOf('Helvetica')).toBe('Helvetica-Bold')
    expect(boldOf('Times-Roman')).toBe('Times-Bold')
    expect(boldOf('Times-Italic')).toBe('Times-BoldItalic')
    expect(boldOf('Courier-Oblique')).toBe('Courier-BoldOblique')
    expect(boldOf('DejaVuSansMono-Oblique')).toBe('DejaVuSansMono-BoldOblique')
    expect(boldOf('JetBrains Mono Italic')).toBe('JetBrains Mono Bold Italic')
    expect(boldOf('Noto Sans JP')).toBe('Noto Sans JP Bold')
  })

  it('is the face itself where it is bold or has no bold one', () => {
    expect(boldOf('DejaVuSans-Bold')).toBe('DejaVuSans-Bold')
    expect(boldOf('DejaVuSans-ExtraLight')).toBe('DejaVuSans-ExtraLight')
    expect(boldOf('Symbol')).toBe('Symbol')
  })
})

it('Chinese comes before Japanese in Chinese documents alone', () => {
  const asked = (locale: string) =>
    fallbacksOf('Times-Roman', locale).filter((face) => face.startsWith('Noto'))
  expect(asked('zh')).toEqual(['Noto Sans SC', 'Noto Sans JP'])
  expect(asked('ja')).toEqual(['Noto Sans JP', 'Noto Sans SC'])
})

it('every face that is fallen back to is there', () => {
  const wanted = [...faces.keys()].flatMap((face) => fallbacksOf(face, 'en'))
  expect(wanted.filter((face) => !faces.has(face))).toEqual([])
})
