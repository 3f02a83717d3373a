import { createPostgresEventStore } from './store.ts'

export const open = (connectionString: string) => createPostgresEventStore({ connectionString })
