import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import pg from 'pg'
import type { NewEvent } from '@atrium/platform/event-store/port.ts'
import { sampleEvent } from '../event.ts'
import { withClient } from '../servers.ts'

/** In the order of the package's install.sh; its views and privileges are not measured. */
const files = [
  'schema/message-store',
  'tables/messages',
  'types/message',
  ...[
    'acquire-lock',
    'cardinal-id',
    'category',
    'get-category-messages',
    'get-last-stream-message',
    'get-stream-messages',
    'hash-64',
    'id',
    'is-category',
    'message-store-version',
    'stream-version',
    'write-message',
  ].map((name) => `functions/${name}`),
  ...['messages-id', 'messages-stream', 'messages-category'].map((name) => `indexes/${name}`),
]

/** message-db, by the SQL that its npm package ships, called by prepared statements. */
export async function createMessageDb(url: string, connections: number) {
  const folder = dirname(
    createRequire(import.meta.url).resolve('@eventide/message-db/package.json'),
  )
  await withClient(url, async (client) => {
    await client.query('create schema if not exists message_store')
    await client.query('set search_path to message_store, public')
    for (const file of files) {
      await client.query(await readFile(join(folder, 'database', `${file}.sql`), 'utf8'))
    }
  })
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    options: '-c search_path=message_store,public',
  })
  return {
    write(stream: string, { id, type, data, metadata }: NewEvent, expectedVersion: number) {
      return pool.query({
        name: 'write',
        text: 'select write_message($1, $2, $3, $4::jsonb, $5::jsonb, $6)',
        values: [id, stream, type, JSON.stringify(data), JSON.stringify(metadata), expectedVersion],
      })
    },
    /** Writes so many events into streams of ten, all in one statement, for reads to find. */
    async fill(category: string, events: number) {
      const { type, data, metadata } = sampleEvent()
      const text = `select count(write_message(gen_random_uuid()::text, $1 || '-' || n / 10,
        $2, $3::jsonb, $4::jsonb)) from generate_series(0, $5::int - 1) n`
      const json = [data, metadata].map((part) => JSON.stringify(part))
      await pool.query(text, [category, type, ...json, events])
    },
    async category(category: string, position: number, batchSize: number) {
      const text = 'select * from get_category_messages($1, $2, $3)'
      const values = [category, position, batchSize]
      return (await pool.query<MessageDbRow>({ name: 'category', text, values })).rows
    },
    async stream(stream: string, position: number, batchSize: number) {
      const text = 'select * from get_stream_messages($1, $2, $3)'
      const values = [stream, position, batchSize]
      return (await pool.query<MessageDbRow>({ name: 'stream', text, values })).rows
    },
    close: () => pool.end(),
  }
}

export interface MessageDbRow {
  readonly id: string
  readonly type: string
  readonly position: string
  readonly global_position: string
  /** JSON as text. */
  readonly data: string
  readonly metadata: string
}
