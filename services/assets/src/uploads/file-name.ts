import { extname } from 'node:path/posix'

/** Bytes of UTF-8 in a name: what file systems take. */
const nameBytesMax = 255

const withoutName = 'unnamed'

/**
 * A name for people and for `Content-Disposition`, from what a client sent: the last part of a
 * path, in NFC, on one line, without what is invisible or turns the writing round. Says nothing of
 * the type and leads nowhere.
 */
export function fileNameFrom(given: string | undefined): string {
  const last = (given ?? '').toWellFormed().normalize('NFC').split(/[/\\]/).at(-1) ?? ''
  const readable = last
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\u2028\u2029]/gu, '')
    .replaceAll(/[\s\p{Zs}]+/gu, ' ')
    .replaceAll(/^[. ]+|[. ]+$/g, '')
  return readable === '' ? withoutName : shortened(readable)
}

/** The extension stays: people know a file by it. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= nameBytesMax) return name
  const extension = extname(name)
  const kept = Buffer.byteLength(extension) < nameBytesMax / 2 ? extension : ''
  const characters = Array.from(name.slice(0, name.length - kept.length))
  while (Buffer.byteLength(characters.join('') + kept) > nameBytesMax) characters.pop()
  return characters.join('') + kept
}
