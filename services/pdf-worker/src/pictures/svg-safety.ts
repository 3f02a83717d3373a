/** The file is no picture that can be drawn; the message says why. */
export class PictureUnreadable extends Error {
  override readonly name = 'PictureUnreadable'
}

const anchors = /<a\b[^>]*>/gi
const outside = /\b(?:xlink:)?href\s*=\s*["']?\s*(?!["'#]|\s|data:image\/(?:png|jpe?g)[;,])/i
const outsideUrl = /url\(\s*["']?\s*(?!["'#]|\s)|@import/i

/**
 * A drawing without what could reach outside or explode. What draws it fetches nothing and runs no
 * script anyway; this says so to the user instead of leaving out a part in silence. The text is
 * passed on as UTF-8, so that nothing hides in another encoding. Throws PictureUnreadable.
 */
export function safeSvg(bytes: Buffer): Buffer {
  let svg: string
  try {
    svg = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new PictureUnreadable('the drawing is not UTF-8', { cause })
  }
  if (/<!ENTITY|<!DOCTYPE[^>]*\[/i.test(svg)) throw new PictureUnreadable('it declares entities')
  if (/<\?xml-stylesheet/i.test(svg)) throw new PictureUnreadable('it asks for a stylesheet')
  // A link leads somewhere for who clicks on it; nothing is fetched to draw it.
  if (outside.test(svg.replaceAll(anchors, '')) || outsideUrl.test(svg)) {
    throw new PictureUnreadable('it refers to something outside of it')
  }
  return Buffer.from(svg.replace(/^\s*<\?xml[^>]*\?>/, ''), 'utf8')
}
