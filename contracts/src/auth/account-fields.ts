import { Type } from 'typebox'

/** The finer rules (lengths, a domain that exists in form) are the service's. */
export const Email = Type.String({
  pattern: '^\\s*[^\\s@]+@[^\\s@]+\\s*$',
  maxLength: 320,
  description:
    'White space around it is cut off; compared without regard to case; may be international.',
})
export const Username = Type.String({
  pattern: '^[^@\\s\\u0000-\\u001f\\u007f]{1,64}$',
  description: 'No @ and no white space; compared without regard to case.',
})
export const PersonName = Type.String({ minLength: 1, maxLength: 200 })
