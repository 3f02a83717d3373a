import { openLocalBlobStore } from './store.ts'

/** How the conformance suite, and the processes that it starts, open this adapter. */
export const open = openLocalBlobStore
