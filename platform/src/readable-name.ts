/**
 * Whether people can read a text as a name on one line: no control characters or line breaks, none
 * that turn the direction of what follows, and something to see. Joiners stay allowed, since emoji
 * and some scripts need them.
 */
export const isReadableName = (text: string): boolean =>
  !/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u.test(text) &&
  /[^\p{Z}\p{C}\p{Default_Ignorable_Code_Point}]/u.test(text)

/** What is compared where two names must differ: without regard to case, form and the invisible. */
export const comparableName = (name: string): string =>
  name
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase()
