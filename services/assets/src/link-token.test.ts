import { expect, it } from 'vitest'
import { createLinkTokens } from './link-token.ts'

const tokens = createLinkTokens('a secret of this test')
const name = { tenant: 'acme', linkId: `lnk_${'a1'.repeat(16)}` }

it('verifies what it signed', () => {
  expect(tokens.verify(tokens.sign(name))).toEqual(name)
})

it('verifies nothing that was changed, cut off, or signed with another secret', () => {
  const token = tokens.sign(name)
  const [tenant = '', id = '', signature = ''] = token.split('.')
  const others = [
    `zenith.${id}.${signature}`,
    `${tenant}.${'b2'.repeat(16)}.${signature}`,
    `${tenant}.${id}.${signature.slice(1)}A`,
    `${tenant}.${id}.`,
    `${tenant}.${id}`,
    `${token}A`,
    '',
    createLinkTokens('another').sign(name),
  ]
  for (const other of others) expect(tokens.verify(other), other).toBeUndefined()
})
