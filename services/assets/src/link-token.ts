import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a link's token names; the stream of the link says whether it still leads anywhere. */
export interface LinkName {
  readonly tenant: string
  readonly linkId: string
}

export interface LinkTokens {
  sign(name: LinkName): string
  /** Undefined for a token that was not given out. */
  verify(token: string): LinkName | undefined
}

const shape = /^([A-Za-z0-9_-]{1,64})\.([0-9a-f]{32})\.([A-Za-z0-9_-]{43})$/

/**
 * Tokens that carry their tenant, since whoever follows a link brings no other word of it. Signed,
 * so that nobody can find out by guessing which links there are, and in which tenant.
 */
export function createLinkTokens(secret: string): LinkTokens {
  const key = createHmac('sha256', secret).update('atrium assets links').digest()
  const signatureOf = (tenant: string, id: string) =>
    createHmac('sha256', key).update(`${tenant}.${id}`).digest()

  return {
    sign({ tenant, linkId }) {
      const id = linkId.slice('lnk_'.length)
      return `${tenant}.${id}.${signatureOf(tenant, id).toString('base64url')}`
    },

    verify(token) {
      const [, tenant = '', id = '', signature = ''] = shape.exec(token) ?? []
      const given = Buffer.from(signature, 'base64url')
      const expected = signatureOf(tenant, id)
      const isOurs = given.length === expected.length && timingSafeEqual(given, expected)
      return isOurs ? { tenant, linkId: `lnk_${id}` } : undefined
    },
  }
}
