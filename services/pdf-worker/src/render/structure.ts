import type { ObjectWriter, WrittenObject } from './object-writer.ts'
import { dictionary } from './pdf-syntax.ts'
import type { PdfkitDocument, Reference } from './pdfkit-document.ts'

/**
 * The tags of a document: each page is one paragraph, in the order in which it is painted. That
 * tells a screen reader what to read in which language; more would cost an object for each word.
 */
export interface Structure {
  tag(content: string, page: Reference): TaggedContent
  end(): void
}

interface TaggedContent {
  readonly text: string
  /** Of the page in the tree that leads from contents to tags. */
  readonly key: string
  readonly objects: readonly WrittenObject[]
}

export function createStructure(document: PdfkitDocument, writer: ObjectWriter): Structure {
  const whole = writer.reserve()
  const paragraphs: Reference[] = []
  return {
    tag(content, page) {
      const reference = writer.reserve()
      const key = String(paragraphs.length)
      paragraphs.push(reference)
      const value = dictionary({
        Type: '/StructElem',
        S: '/P',
        P: `${whole.id} 0 R`,
        Pg: `${page.id} 0 R`,
        K: '0',
      })
      return {
        text: `/P <</MCID 0>> BDC\n${content}EMC\n`,
        key,
        objects: [{ reference, value }],
      }
    },
    end() {
      const root = document._root.data.StructTreeRoot
      const tree = writer.reserve()
      const kids = paragraphs.map(({ id }) => `${id} 0 R`)
      const nums = kids.map((kid, key) => `${key} [${kid}]`)
      writer.write([
        { reference: tree, value: dictionary({ Nums: `[${nums.join(' ')}]` }) },
        {
          reference: whole,
          value: dictionary({
            Type: '/StructElem',
            S: '/Document',
            P: `${root.id} 0 R`,
            K: `[${kids.join(' ')}]`,
          }),
        },
      ])
      root.data['K'] = whole
      root.data['ParentTree'] = tree
      root.data['ParentTreeNextKey'] = paragraphs.length
    },
  }
}
