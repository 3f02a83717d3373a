import type { WrittenEntry } from '@atrium/contracts/assets/file-http.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Caller } from '@atrium/platform/http/exchange.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { openPath, type OpenedPath } from '../files/open-path.ts'
import type { Path } from '../files/path.ts'
import { entryAt, type TreeState } from '../files/tree-state.ts'
import type { WriteDeps } from '../files/write-file.ts'

export interface Deps extends WriteDeps {
  readonly database: Database
}

interface Asking {
  readonly caller: Caller
  readonly params: { readonly instanceId: string }
  readonly at: string
}

/** Throws not-found for who may not see it. The top is seen by the owner alone. */
export async function open(
  { database }: Deps,
  { caller, params, at }: Asking,
  path: Path,
): Promise<OpenedPath> {
  const { instanceId } = params
  return await database.forTenant(
    caller.tenant,
    (client) => openPath(client, caller, { instanceId, path, at }),
    { readOnly: true },
  )
}

/** An entry as the command left it. */
export function writtenView(state: TreeState, path: Path): WrittenEntry {
  const entry = entryAt(state, path)
  if (!entry) throw new Rejection('not-found') // somebody was faster
  const { version } = entry
  const at = path.join('/')
  if (entry.kind === 'folder') return { path: at, kind: 'folder', version }
  const { mediaType, sizeBytes, sha256, assetId } = entry.content
  return { path: at, kind: 'file', mediaType, sizeBytes, sha256, assetId, version }
}
