-- Who writes to a resumable upload just now.
create schema if not exists assets;

create table assets.upload_lease (
  tenant_id text not null,
  upload_id text not null,
  -- The request that has it: what is renewed, looked at and given back is only this one's.
  holder uuid not null,
  expires_at timestamptz not null,
  -- When another request last asked for it.
  wanted_at timestamptz,
  -- Whether it was taken from a holder that had not given it back, and may not know.
  is_taken_over boolean not null,
  primary key (tenant_id, upload_id)
);
