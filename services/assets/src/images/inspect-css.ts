const insideAddress = /^(#|data:image\/(png|jpeg|gif|webp);base64,)/i

/** Those that load a picture or run code, also with the prefix of one browser. */
const functions = /(^|[^\w-])(-\w+-)?(expression|image-set|image|src|element|cross-fade)\s*\(/i

/**
 * The rule by which a style sheet, or an attribute that is read as one, could load something or run
 * code; undefined where it cannot. Stricter than CSS: an escape can spell any word, so there is
 * none where an address could stand.
 */
export function activeCss(text: string): string | undefined {
  const css = text.replaceAll(/\/\*[^]*?(\*\/|$)/g, ' ')
  if (css.includes('\\') && /[(@:]/.test(css)) return 'css-escape'
  if (/@(import|charset|namespace|font-face)\b/i.test(css)) return 'css-import'
  if (functions.test(css)) {
    return 'css-function'
  }
  if (/(-moz-binding|behavior)\s*:/i.test(css)) return 'css-binding'
  for (const [, address = ''] of css.matchAll(/url\s*\(\s*["']?\s*([^)"']*)/gi)) {
    if (!insideAddress.test(address)) return 'css-url'
  }
  return undefined
}
