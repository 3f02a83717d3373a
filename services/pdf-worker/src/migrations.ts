import type { Migration } from '@atrium/platform/database/migrate.ts'

/** What this context's database has beside the platform's schema and its read models. */
export const migrations: readonly Migration[] = [
  { name: 'pdf/queue', file: new URL('queue/schema.sql', import.meta.url) },
]
