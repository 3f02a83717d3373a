import { readFileSync } from 'node:fs'
import type { BlobEvent } from '@atrium/contracts/assets/blob-events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

const content = ({ tenant, data }: Projected<BlobEvent>) => ({
  tenant_id: tenant,
  sha256: data.sha256,
})

const holder = (event: Projected<Extract<BlobEvent, { type: 'BlobStored' | 'BlobHeld' }>>) => ({
  ...content(event),
  asset_id: event.data.assetId,
  owner_id: event.data.ownerId,
  reservation_id: event.data.reservationId,
})

const insertHolder = `
  insert into blob_holder
  select tenant_id, sha256, asset_id, owner_id, reservation_id from rows
      on conflict (tenant_id, asset_id, sha256) do update
     set owner_id = excluded.owner_id, reservation_id = excluded.reservation_id`

/** Where the bytes of each content lie, which assets hold them, and what is made of them. */
export const blobList = defineProjection<BlobEvent>({
  name: 'blob-list',
  version: 2,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'blob_row',
  on: {
    BlobStored: {
      rows: (event) => [
        { ...holder(event), key: event.data.key, size_bytes: event.data.sizeBytes },
      ],
      sql: `
        with held as (${insertHolder})
        insert into blob
        select tenant_id, sha256, key, size_bytes from rows
            on conflict (tenant_id, sha256) do update
           set key = excluded.key, size_bytes = excluded.size_bytes`,
    },
    BlobHeld: { rows: (event) => [holder(event)], sql: insertHolder },
    BlobReleased: {
      rows: (event) => [{ ...content(event), asset_id: event.data.assetId }],
      sql: `
        delete from blob_holder as b using rows
         where b.tenant_id = rows.tenant_id and b.asset_id = rows.asset_id
           and b.sha256 = rows.sha256`,
    },
    VariantStored: {
      rows: (event) => [
        {
          ...content(event),
          variant: event.data.variant,
          key: event.data.key,
          media_type: event.data.mediaType,
          size_bytes: event.data.sizeBytes,
          stored_at: event.data.storedAt,
        },
      ],
      sql: `
        insert into blob_variant
        select tenant_id, sha256, variant, key, media_type, size_bytes, stored_at from rows
            on conflict do nothing`,
    },
    VariantDropped: {
      rows: (event) => [{ ...content(event), key: event.data.key }],
      sql: `
        with dropped as (
          delete from blob_variant as v using rows
           where v.tenant_id = rows.tenant_id and v.sha256 = rows.sha256 and v.key = rows.key
        )
        insert into condemned_blob
        select tenant_id, sha256, key from rows
            on conflict do nothing`,
    },
    BlobCondemned: {
      rows: (event) => event.data.keys.map((key) => ({ ...content(event), key })),
      sql: `
        with bytes as (
          delete from blob as b using rows
           where b.tenant_id = rows.tenant_id and b.sha256 = rows.sha256
        ), variants as (
          delete from blob_variant as v using rows
           where v.tenant_id = rows.tenant_id and v.sha256 = rows.sha256
        )
        insert into condemned_blob
        select tenant_id, sha256, key from rows
            on conflict do nothing`,
    },
    BlobRemoved: {
      rows: (event) => event.data.keys.map((key) => ({ ...content(event), key })),
      sql: `
        delete from condemned_blob as c using rows
         where c.tenant_id = rows.tenant_id and c.sha256 = rows.sha256 and c.key = rows.key`,
    },
  },
})
