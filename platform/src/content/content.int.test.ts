import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectClient } from '../database/connection.ts'
import { createDatabase, type Database } from '../database/database.ts'
import { createTestDatabase, type TestDatabase } from '../testkit/test-servers.ts'
import { type Content, contentBytesMax, createContent } from './content.ts'

let urls: TestDatabase
let database: Database
let content: Content

beforeAll(async () => {
  urls = await createTestDatabase()
  database = await createDatabase({ ...urls, context: 'instances' })
  content = createContent({ database })
})

afterAll(async () => {
  await database.close()
  await urls.drop()
})

async function rowsOf(tenant: string) {
  const { rows } = await database.owner.query<{ sha256: Buffer }>(
    'select sha256 from platform.content where tenant_id = $1',
    [tenant],
  )
  return rows
}

describe('content beside events', () => {
  test('comes back byte for byte under its SHA-256', async () => {
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, at) => at))
    for (const bytes of [Buffer.alloc(0), everyByte, Buffer.alloc(5_000_000, everyByte)]) {
      const sha256 = await content.put('acme', bytes)
      expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
      expect(Buffer.compare(await content.get('acme', sha256), bytes)).toBe(0)
    }
  })

  test('takes a part of a larger buffer as that part alone', async () => {
    const part = new TextEncoder().encode('before, part, after').subarray(8, 12)
    const sha256 = await content.put('acme', part)
    expect((await content.get('acme', sha256)).toString()).toBe('part')
  })

  test('is kept once, however often and by however many at once it is put', async () => {
    const bytes = Buffer.from('the same each time')
    const put = await Promise.all(Array.from({ length: 20 }, () => content.put('once', bytes)))
    expect(new Set(put).size).toBe(1)
    expect(await rowsOf('once')).toHaveLength(1)
  })

  test('is missing in every tenant but its own, and where it never was', async () => {
    const sha256 = await content.put('acme', Buffer.from('of acme'))
    for (const [tenant, hash] of [
      ['other', sha256],
      ['acme', 'ab'.repeat(32)],
      ['acme', 'no hash'],
    ] as const) {
      await expect(content.get(tenant, hash)).rejects.toMatchObject({ name: 'ContentMissing' })
    }
  })

  test('is refused above its limit before anything is written', async () => {
    const put = content.put('large', Buffer.alloc(contentBytesMax + 1))
    await expect(put).rejects.toMatchObject({ name: 'ContentTooLarge' })
    expect(await rowsOf('large')).toEqual([])
  })

  test('cannot be reached by the role of the routes', async () => {
    const client = await connectClient(urls.routesUrl, 'test')
    try {
      await expect(client.query('select * from platform.content')).rejects.toThrow('permission')
    } finally {
      await client.end()
    }
  })

  test('is put and read again where the server ends the connections', async () => {
    const bytes = Buffer.from('kept through it')
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const killer = await connectClient(urls.ownerUrl, 'killer')
    const work = Array.from({ length: 40 }, async (_, at) => {
      if (at % 8 === 0) {
        await killer.query(`select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'instances:owner' and datname = current_database()`)
      }
      expect(await content.put('lost', bytes)).toBe(sha256)
      expect((await content.get('lost', sha256)).toString()).toBe('kept through it')
    })
    await Promise.all(work)
    await killer.end()
    expect(await rowsOf('lost')).toHaveLength(1)
  })
})
