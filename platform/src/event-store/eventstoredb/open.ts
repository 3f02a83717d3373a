import { createEventStoreDbEventStore } from './event-store.ts'

/** Opens the store of a URL, with its defaults; the conformance suite does so in many processes. */
export const open = (url: string) => createEventStoreDbEventStore({ url })
