import { createHash } from 'node:crypto'
import { patience, withRetry } from '../database/connection.ts'
import type { Database } from '../database/database.ts'

/** A context's own content beside its events: what is too large for one of them. */
export interface Content {
  /**
   * Keeps the bytes and resolves with their SHA-256 in hex once they are durable: an event may name
   * them from then on. The same bytes again change nothing. Throws ContentTooLarge, and
   * StoreUnavailable; a repeat is always safe.
   */
  put(tenant: string, bytes: Uint8Array): Promise<string>

  /** Throws ContentMissing for what this tenant never put, StoreUnavailable. */
  get(tenant: string, sha256: string): Promise<Buffer>
}

export interface ContentOptions {
  /** Its owner's role alone: routes have no right on the table. */
  readonly database: Pick<Database, 'owner'>
}

/** Several times the largest document; files are the blob store's matter. */
export const contentBytesMax = 16 * 1024 * 1024

/** No such content of this tenant: an event that names it was not written by these rules. */
export class ContentMissing extends Error {
  override readonly name = 'ContentMissing'
  readonly sha256: string

  constructor(sha256: string) {
    super(`there is no content ${sha256}`)
    this.sha256 = sha256
  }
}

export class ContentTooLarge extends Error {
  override readonly name = 'ContentTooLarge'

  constructor(sizeBytes: number) {
    super(`${sizeBytes} bytes are more than the ${contentBytesMax} of one content`)
  }
}

/** The table `platform.content` of the context's database; a tenant's content is its own. */
export function createContent({ database: { owner } }: ContentOptions): Content {
  return {
    async put(tenant, bytes) {
      if (bytes.length > contentBytesMax) throw new ContentTooLarge(bytes.length)
      const hash = createHash('sha256').update(bytes).digest()
      const statement = {
        name: 'put_content',
        text: `insert into platform.content (tenant_id, sha256, body) values ($1, $2, $3)
               on conflict do nothing`,
        values: [tenant, hash, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)],
      }
      await withRetry(() => owner.query(statement), patience.request)
      return hash.toString('hex')
    },

    async get(tenant, sha256) {
      const statement = {
        name: 'get_content',
        text: 'select body from platform.content where tenant_id = $1 and sha256 = $2',
        values: [tenant, Buffer.from(sha256, 'hex')],
      }
      const found = await withRetry(
        () => owner.query<{ body: Buffer }>(statement),
        patience.request,
      )
      const [row] = found.rows
      if (!row) throw new ContentMissing(sha256)
      return row.body
    },
  }
}
