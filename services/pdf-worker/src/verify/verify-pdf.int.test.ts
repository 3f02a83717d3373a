import { beforeAll, describe, expect, it } from 'vitest'
import { compiledDocument, linkTo } from '../../test/compiled.ts'
import { rendered } from '../../test/rendering.ts'
import { calendar, textBlock } from '../../test/widgets.ts'
import type { CompiledDocument } from '../compiler/compiled.ts'
import { type Pdfium, loadPdfium } from './pdfium.ts'
import { verifyPdf } from './verify-pdf.ts'

let pdfium: Pdfium

beforeAll(async () => {
  pdfium = await loadPdfium()
})

const outlined = (document: CompiledDocument): CompiledDocument => ({
  ...document,
  navigation: {
    ...document.navigation,
    outlines: [
      { title: 'Index ąść', page: 1, top: 0, children: [] },
      {
        title: '2026',
        page: 1,
        top: 10,
        children: [
          {
            title: 'January',
            page: 2,
            top: 0,
            children: [
              {
                title: 'Week 1',
                page: 2,
                top: 0,
                children: [{ title: '年', page: 3, top: 12.5, children: [] }],
              },
            ],
          },
        ],
      },
    ],
  },
})

const planner = (target = 2, top = 24) =>
  outlined(
    compiledDocument({
      pageCount: 3,
      common: [calendar()],
      widgets: (page) => [textBlock({ text: `Page ${page}` })],
      links: (page) => [
        linkTo(target, top),
        ...[3, 4, 5].map((part) => ({ ...linkTo((page % 3) + 1), widgetId: 'w', part })),
      ],
    }),
  )

const check = async (document: CompiledDocument, against = document) =>
  verifyPdf((await rendered(document)).bytes, against, pdfium)

describe('a rendered planner', () => {
  it('is as it was compiled', async () => {
    const result = await check(planner())
    expect(result).toMatchObject({ pageCount: 3, linkCount: 12, findings: [] })
    expect(result.sizeBytes).toBeGreaterThan(1_000)
  })

  it('is as it was compiled in every way of export', async () => {
    for (const mode of ['interactive', 'flattened', 'navigation_only'] as const) {
      const { findings } = await check({ ...planner(), export: mode })
      expect(findings).toEqual([])
    }
  })

  it('has 1,000 names in the order in which readers search for them', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => ({
      name: `${['day:', 'notes:page:', 'a-b_', 'z1'][index % 4]}${index}`,
      page: (index % 3) + 1,
      top: index % 100,
    }))
    const document = planner()
    const named = { ...document.navigation, namedDestinations: names }
    const { findings } = await check({ ...document, navigation: named })
    expect(findings).toEqual([])
  })
})

describe('what is not as it was compiled', () => {
  it('is a link that leads to another page or height', async () => {
    const toPage = await check(planner(2), planner(3))
    expect(toPage.findings).toHaveLength(3)
    expect(toPage.findings[0]).toEqual({
      code: 'link-target',
      page: 1,
      widgetId: 'w',
      detail: 'it leads to page 2, 24 from the top instead of page 3, 24 from the top',
    })
    const toHeight = await check(planner(2, 24), planner(2, 25))
    expect(toHeight.findings[0]).toMatchObject({ code: 'link-target' })
  })

  it('is a link that is missing, unknown, or elsewhere', async () => {
    const linked = planner()
    const bare = { ...linked, pages: linked.pages.map((page) => ({ ...page, links: [] })) }
    expect((await check(bare, linked)).findings[0]).toMatchObject({ code: 'link-missing' })
    expect((await check(linked, bare)).findings[0]).toMatchObject({ code: 'link-unknown' })
    const moved = {
      ...linked,
      pages: linked.pages.map((page) => ({
        ...page,
        links: page.links.map((link) => ({ ...link, box: { ...link.box, x: 11 } })),
      })),
    }
    expect((await check(linked, moved)).findings[0]).toMatchObject({ code: 'link-misplaced' })
  })

  it('is a link whose page is gone', async () => {
    const document = planner()
    const { bytes } = await rendered(document)
    const text = bytes.toString('latin1')
    const nowhere = text.replace(
      /\[(\d+)( 0 R \/XYZ 0 276 null\])/,
      (_, id: string, rest: string) => ['[', '0'.repeat(id.length), rest].join(''),
    )
    const { findings } = verifyPdf(Buffer.from(nowhere, 'latin1'), document, pdfium)
    expect(findings[0]).toMatchObject({ code: 'link-dead', page: 1 })
  })

  it('is a number or a size of pages', async () => {
    const document = planner()
    const longer = { ...document, pages: [...document.pages, ...document.pages.slice(0, 1)] }
    expect((await check(document, longer)).findings[0]).toMatchObject({ code: 'page-count' })
    const wider = { ...document, size: { width: 210, height: 300 } }
    expect((await check(document, wider)).findings[0]).toMatchObject({ code: 'page-size' })
  })

  it('is a destination or an outline', async () => {
    const document = planner()
    const { navigation } = document
    const [first] = navigation.namedDestinations
    const named = { ...navigation, namedDestinations: first ? [{ ...first, page: 2 }] : [] }
    expect((await check(document, { ...document, navigation: named })).findings[0]).toMatchObject({
      code: 'destination',
    })
    const bare = { ...navigation, outlines: navigation.outlines.slice(1) }
    expect((await check(document, { ...document, navigation: bare })).findings[0]).toMatchObject({
      code: 'outline',
    })
  })

  it('is a file that is cut short or none at all', async () => {
    const document = planner()
    expect(verifyPdf(Buffer.from('no PDF'), document, pdfium)).toMatchObject({
      pageCount: 0,
      findings: [{ code: 'file-unreadable' }],
    })
    const { bytes } = await rendered(document)
    const cut = verifyPdf(bytes.subarray(0, bytes.length / 2), document, pdfium)
    expect(cut.findings.length).toBeGreaterThan(0)
  })
})

it('gives back the memory of each document', async () => {
  const document = planner()
  const { bytes } = await rendered(document)
  for (let round = 0; round < 200; round += 1) verifyPdf(bytes, document, pdfium)
  expect(verifyPdf(bytes, document, pdfium).findings).toEqual([])
})
