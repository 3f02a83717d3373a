import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { compiledDocument, linkTo } from '../../test/compiled.ts'
import { library, rendered } from '../../test/rendering.ts'
import {
  boxShape,
  calendar,
  checkbox,
  dotGrid,
  image,
  internalLink,
  lines,
  style,
  table,
  textBlock,
} from '../../test/widgets.ts'
import { fixedDate, renderPdf } from './render-pdf.ts'

const everything = (pageCount: number) =>
  compiledDocument({
    pageCount,
    common: [
      boxShape({ fillColor: '#EEEEEE', opacity: 0.5, cornerRadius: 6 }),
      dotGrid(),
      lines({ lineStyle: 'dotted' }),
      checkbox({ id: 'done' }),
    ],
    widgets: (page) => [
      textBlock({ text: `Page ${page} zażółć Київ 年 ✓ AVATAR` }),
      calendar(),
      table(),
      internalLink({ style: style({ underline: true, color: '#0066CC' }) }),
    ],
    links: (page) => [linkTo((page % pageCount) + 1)],
  })

const objects = (bytes: Buffer, what: RegExp) => bytes.toString('latin1').match(what)?.length ?? 0

describe('the same document', () => {
  it('gives the same bytes, also after other documents in the same process', async () => {
    const first = await rendered(everything(3))
    await rendered(compiledDocument({ widgets: () => [textBlock({ text: 'quite another ÄÖÜ' })] }))
    const second = await rendered(everything(3))
    expect(second.bytes.equals(first.bytes)).toBe(true)
  })

  it('says when it was made, where that is not fixed', async () => {
    const { bytes } = await rendered(everything(1), { createdAt: new Date('2026-05-06T07:08:09Z') })
    expect(bytes.toString('latin1')).toContain('D:20260506070809Z')
    expect(bytes.toString('latin1')).toContain('<xmp:CreateDate>2026-05-06T07:08:09Z')
  })
})

describe('what a page repeats', () => {
  it('is there once: its common part, its dots, its fonts', async () => {
    const { bytes } = await rendered(everything(50))
    expect(objects(bytes, /\/Subtype \/Form /g)).toBe(1 + 1 + 2) // common, dots, tick and none
    expect(objects(bytes, /\/FontFile2 /g)).toBe(3) // Arimo, Noto Sans JP, DejaVu
  })

  it('makes a page of a few hundred bytes', async () => {
    const few = (await rendered(everything(50))).bytes.length
    const many = (await rendered(everything(150))).bytes.length
    expect((many - few) / 100).toBeLessThan(3_000)
  })
})

describe('checkboxes', () => {
  const boxes = (mode: 'interactive' | 'flattened' | 'navigation_only') =>
    rendered(
      compiledDocument({
        pageCount: 2,
        export: mode,
        common: [checkbox({ id: 'a', checked: true, label: 'Łódź (1)' })],
        widgets: () => [checkbox({ id: 'b', checked: false })],
      }),
    )

  it('are fields to tick in an interactive document, one a page', async () => {
    const { bytes } = await boxes('interactive')
    expect(objects(bytes, /\/Subtype \/Widget/g)).toBe(4)
    expect(objects(bytes, /\/V \/Yes/g)).toBe(2)
    expect(bytes.toString('latin1')).toContain('/T (2-a)')
  })

  it('are drawn where a document is flattened', async () => {
    const { bytes } = await boxes('flattened')
    expect(objects(bytes, /\/Subtype \/Widget|\/AcroForm/g)).toBe(0)
  })

  it('are not there where only links are wanted', async () => {
    const { bytes } = await boxes('navigation_only')
    expect(objects(bytes, /\/Subtype \/Widget|\/AcroForm|\/FontFile2/g)).toBe(0)
  })
})

describe('what cannot be shown', () => {
  it('is told of, and the rest is drawn', async () => {
    const document = compiledDocument({
      fonts: ['Helvetica', 'ast_font', 'ast_gone'],
      widgets: () => [
        image({ assetId: 'ast_gone' }),
        image({ assetId: 'ast_broken' }),
        textBlock({ text: 'a\u{1F9FF}', style: style({ font: 'ast_font' }) }),
      ],
    })
    const files = new Map([
      ['ast_broken', Buffer.from('89504e470d0a1a0a00000000', 'hex')],
      ['ast_font', Buffer.from('no font')],
    ])
    const { findings, pageCount } = await rendered(document, {
      readAsset: (id) => Promise.resolve(files.get(id)),
    })
    expect(pageCount).toBe(1)
    expect(findings.map(({ code }) => code)).toEqual([
      'font-missing',
      'picture-missing',
      'picture-unreadable',
      'font-unreadable',
      'character-missing',
    ])
    expect(findings[2]?.detail).toContain('ast_broken: ')
  })
})

describe('the way out', () => {
  const slowly = (chunks: number[], waits: number) =>
    new Writable({
      highWaterMark: 16 * 1_024,
      write(chunk: Buffer, _, done) {
        chunks.push(chunk.length)
        if (chunks.length > waits) done()
        else setImmediate(done)
      },
    })
  const options = { library, readAsset: () => Promise.resolve(undefined), createdAt: fixedDate }

  it('gets the document page by page, each when it is drawn', async () => {
    const chunks: number[] = []
    const seen: number[] = []
    await renderPdf(everything(20), {
      ...options,
      out: slowly(chunks, 0),
      onProgress: () => seen.push(chunks.length),
    })
    expect(seen).toHaveLength(20)
    expect(seen.at(-1)).toBeGreaterThan(10)
  })

  it('is waited for where it is slow, so that little is held', async () => {
    const held: number[] = []
    const chunks: number[] = []
    const out = slowly(chunks, 10_000)
    await renderPdf(everything(300), {
      ...options,
      out,
      onProgress: () => held.push(out.writableLength),
    })
    expect(Math.max(...held)).toBeLessThan(1_024 * 1_024)
  })

  it('that fails ends the drawing with its failure', async () => {
    const out = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) })
    await expect(renderPdf(everything(50), { ...options, out })).rejects.toThrow('disk full')
  })

  it('is left when the signal is raised', async () => {
    const stop = new AbortController()
    const drawing = renderPdf(everything(200), {
      ...options,
      out: slowly([], 0),
      signal: stop.signal,
      onProgress: (page) => (page === 3 ? stop.abort(new Error('cancelled')) : undefined),
    })
    await expect(drawing).rejects.toThrow('cancelled')
  })
})

describe('a hostile document', () => {
  it('of 10,000 widgets on a page is drawn', async () => {
    const widgets = Array.from({ length: 10_000 }, (_, index) =>
      textBlock({ id: `w${index}`, text: `Widget ${index}` }),
    )
    const { pageCount } = await rendered(compiledDocument({ widgets: () => widgets }))
    expect(pageCount).toBe(1)
  })

  it('with a word of a million letters is drawn', async () => {
    const text = 'x'.repeat(1_000_000)
    const { pageCount } = await rendered(
      compiledDocument({ widgets: () => [textBlock({ text, style: style({ size: 72 }) })] }),
    )
    expect(pageCount).toBe(1)
  })

  it('whose texts look like PDF is text', async () => {
    const text = ') Tj ET endstream endobj (\\'
    const { bytes } = await rendered({
      ...compiledDocument({ widgets: () => [textBlock({ text })] }),
      title: text,
      author: '\u0000\ud800<x>&',
    })
    expect(objects(bytes, /endstream endobj/g)).toBe(objects(bytes, /\(\\\) Tj ET endstream/g))
  })
})
