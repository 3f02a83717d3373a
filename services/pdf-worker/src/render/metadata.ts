import type { ObjectWriter } from './object-writer.ts'
import type { DocumentInfo, Reference } from './pdfkit-document.ts'

/** What the document says of itself as XMP, beside the older dictionary that pdfkit writes. */
export function writeMetadata(info: DocumentInfo, writer: ObjectWriter): Reference {
  const reference = writer.reserve()
  // A title may say `endstream`, at which a reader that mends files would stop.
  const bytes = Buffer.from(xmp(info).replaceAll('endstream', 'end&#115;tream'), 'utf8')
  // Not packed: programs that know nothing of PDF look for it.
  const value = '/Type /Metadata /Subtype /XML'
  writer.write([{ reference, value, stream: { bytes, filter: '' } }])
  return reference
}

function xmp({ title, author, subject, createdAt }: DocumentInfo): string {
  const inEveryLanguage = (value: string) =>
    `<rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(value)}</rdf:li></rdf:Alt>`
  const name = `<rdf:li>${escapeXml(author)}</rdf:li>`
  const creator = `<dc:creator><rdf:Seq>${name}</rdf:Seq></dc:creator>`
  const at = createdAt.toISOString().replace(/\.\d+/, '')
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"',
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">',
    `<dc:title>${inEveryLanguage(title)}</dc:title>`,
    author === '' ? '' : creator,
    subject === '' ? '' : `<dc:description>${inEveryLanguage(subject)}</dc:description>`,
    `<xmp:CreateDate>${at}</xmp:CreateDate><xmp:CreatorTool>Atrium</xmp:CreatorTool>`,
    '<pdf:Producer>Atrium</pdf:Producer>',
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>',
  ].join('')
}

export function escapeXml(value: string): string {
  return value
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
