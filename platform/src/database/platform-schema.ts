import type { Migration } from './migrate.ts'

const migration = (name: string, path: string): Migration => ({
  name: `platform/${name}`,
  file: new URL(path, import.meta.url),
})

/**
 * The schema `platform` of every context's database, in the order in which it is made. Each file
 * lies beside the code that uses it. A file that a release has run is never changed: a change is a
 * new file at the end.
 */
export const platformSchema: readonly Migration[] = [
  migration('projections', '../projections/schema.sql'),
  migration('reactions', '../reactions/schema.sql'),
  migration('idempotency', '../http/schema.sql'),
  migration('content', '../content/schema.sql'),
  migration('reactions-written-public', '../reactions/written-public.sql'),
]
