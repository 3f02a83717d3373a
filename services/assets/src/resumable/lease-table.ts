import type { Migration } from '@atrium/platform/database/migrate.ts'
import type { Pool } from 'pg'

export const leaseMigration: Migration = {
  name: 'assets/upload-lease',
  file: new URL('lease.sql', import.meta.url),
}

export interface WhichUpload {
  readonly tenant: string
  readonly uploadId: string
}

type Owner = Pick<Pool, 'query'>

/**
 * Takes a lease that is free or whose time is over; undefined where another holder has it, which is
 * then told that it is wanted.
 */
export async function takeLease(
  owner: Owner,
  { tenant, uploadId }: WhichUpload,
  { holder, leaseMs }: { readonly holder: string; readonly leaseMs: number },
): Promise<{ readonly isTakenOver: boolean } | undefined> {
  const { rows } = await owner.query<{ readonly is_taken_over: boolean }>({
    name: 'take-upload-lease',
    text: `
      insert into assets.upload_lease as l
      values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond', null, false)
          on conflict (tenant_id, upload_id) do update
         set holder = excluded.holder, expires_at = excluded.expires_at, wanted_at = null,
             is_taken_over = true
       where l.expires_at <= clock_timestamp()
      returning is_taken_over`,
    values: [tenant, uploadId, holder, leaseMs],
  })
  if (rows[0]) return { isTakenOver: rows[0].is_taken_over }
  await owner.query({
    name: 'want-upload-lease',
    text: `
      update assets.upload_lease set wanted_at = clock_timestamp()
       where tenant_id = $1 and upload_id = $2`,
    values: [tenant, uploadId],
  })
  return undefined
}

/** Undefined where it is lost. Somebody who asked longer ago than a lease lasts has given up. */
export async function renewLease(
  owner: Owner,
  { tenant, uploadId }: WhichUpload,
  { holder, leaseMs }: { readonly holder: string; readonly leaseMs: number },
): Promise<{ readonly isWanted: boolean } | undefined> {
  const { rows } = await owner.query<{ readonly is_wanted: boolean }>({
    name: 'renew-upload-lease',
    text: `
      update assets.upload_lease
         set expires_at = clock_timestamp() + $4 * interval '1 millisecond'
       where tenant_id = $1 and upload_id = $2 and holder = $3
      returning coalesce(
        wanted_at > clock_timestamp() - $4 * interval '1 millisecond', false) as is_wanted`,
    values: [tenant, uploadId, holder, leaseMs],
  })
  return rows[0] && { isWanted: rows[0].is_wanted }
}

export async function returnLease(
  owner: Owner,
  { tenant, uploadId }: WhichUpload,
  holder: string,
): Promise<void> {
  await owner.query({
    name: 'return-upload-lease',
    text: `
      delete from assets.upload_lease where tenant_id = $1 and upload_id = $2 and holder = $3`,
    values: [tenant, uploadId, holder],
  })
}
