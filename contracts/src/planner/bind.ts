/*
 * Tokens and binds, as they are written. What they stand for is the compiler's to say.
 */

const token = String.raw`\{[A-Za-z0-9_]+(?::[A-Za-z0-9._]+)?\}|@[A-Za-z0-9_]+(?::[A-Za-z0-9._]+)?`
const arithmetic = String.raw`(?:[+-]\d+(?::[A-Za-z0-9._]+)?)?`

export const holdsToken = (text: string) => new RegExp(token).test(text)

/** What a destination is called once tokens are filled in and case no longer counts. */
export const destinationName = /^[a-z0-9][a-z0-9:_#-]{1,127}$/

/** `name(argument)`, with a part of the page behind `#`. */
export const bindCall = /^([A-Za-z0-9_]+)\(([^()]*)\)(?:#([A-Za-z0-9:_-]+))?$/

/** With its tokens; what is named has at most 128 characters. */
const bindLengthMax = 2_000

/**
 * Whether a bind can name a destination: `name(argument)`, perhaps with `#part`, or a plain name,
 * tokens in it anywhere, each perhaps with `+n` or `-n`. What tokens become is not known yet.
 */
export function isBind(bind: string): boolean {
  if (bind.length > bindLengthMax) return false
  const filled = bind.trim().replaceAll(new RegExp(`(?:${token})${arithmetic}`, 'g'), '00')
  const call = bindCall.exec(filled)
  if (call?.[2] === '') return false
  const name = call ? `${call[1]}:${call[2]}${call[3] === undefined ? '' : `#${call[3]}`}` : filled
  return destinationName.test(name.toLowerCase())
}

/** Whether a text can name a destination, once its tokens are filled in. Empty: none is meant. */
export const isDestination = (name: string) => name.trim() === '' || isBind(name)
